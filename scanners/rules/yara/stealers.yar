rule stealer_browsers
{
    meta:
        id = "stealer-browsers"
    strings:
        $b1 = /Google[\\\/]{1,4}Chrome( SxS)?[\\\/]{1,4}User Data/
        $b2 = /BraveSoftware[\\\/]{1,4}Brave-Browser/
        $b3 = /Microsoft[\\\/]{1,4}Edge[\\\/]{1,4}User Data/
        $b4 = /Opera Software[\\\/]{1,4}Opera (GX )?Stable/
        $b5 = /Vivaldi[\\\/]{1,4}User Data/
        $b6 = /Yandex[\\\/]{1,4}YandexBrowser/
        $b7 = /Chromium[\\\/]{1,4}User Data/
        $b8 = /(Epic Privacy Browser|CentBrowser|7Star|Amigo|Torch|Kometa|Orbitum|Sputnik|uCozMedia|Iridium|Comodo)[\\\/]{1,4}/
        $b9 = /Mozilla[\\\/]{1,4}Firefox[\\\/]{1,4}Profiles/
        $data = /(Login Data|Local State|Web Data|Network[\\\/]{1,4}Cookies|logins\.json|key4\.db|cookies\.sqlite)/
        $crypt = /(CryptUnprotectData|encrypted_key|AES\.MODE_GCM|os_crypt|AESGCM)/
    condition:
        4 of ($b*) and $data and $crypt
}

rule stealer_browser_logins
{
    meta:
        id = "stealer-browser-logins"
    strings:
        $key = "encrypted_key"
        $dpapi = /(CryptUnprotectData|dpapi\.unprotect|ProtectedData\]?::Unprotect|Local State)/
        $logins = /(Login Data|SELECT\s+[^\n]{0,80}password_value|FROM\s+logins\b|card_number_encrypted)/ nocase
    condition:
        all of them
}

rule stealer_collection
{
    meta:
        id = "stealer-collection"
    strings:
        $browser1 = /User Data/
        $browser2 = /(Login Data|encrypted_key|password_value|Local State)/
        $discord1 = /discord(canary|ptb|development)?[\\\/"',\s]{1,6}[^\n]{0,40}(Local Storage[\\\/]{1,4}leveldb|leveldb)/ nocase
        $discord2 = "dQw4w9WgXcQ"
        $discord3 = /\[\\w-\]\{2[3-8]\}\\?\.\[\\w-\]\{6\}\\?\.\[\\w-\]\{2[5-9]/
        $wallet1 = /(Exodus[\\\/]{1,4}exodus\.wallet|atomic[\\\/]{1,4}Local Storage|Electrum[\\\/]{1,4}wallets|Ethereum[\\\/]{1,4}keystore|Coinomi|Armory|com\.liberty\.jaxx|Guarda)/
        $wallet2 = /(nkbihfbeogaeaoehlefnkodbefgpgknn|bfnaelmomeimhlpmgjnjophhpkkoljpa|hnfanknocfeofbddgcijnmhnfnkdnaad|fhbohimaelbohpjbbldcngcnapndodjp|ibnejdfjmmkpcnlpebklmnkoeoihofec)/
        $telegram = /Telegram Desktop[\\\/]{1,4}tdata/
        $steam = /(Steam[\\\/]{1,4}config[\\\/]{1,4}loginusers|ssfn\d?)/
        $ftp = /FileZilla[\\\/]{1,4}(recentservers|sitemanager)\.xml/
        $mine = /\.minecraft[\\\/]{1,4}launcher_(accounts|profiles)/
        $sink = /(\/api\/webhooks\/|api\.telegram\.org\/bot|requests\.(post|put)|urlopen|httpx\.post|axios\.post|fetch\s*\(|ZipFile|sendDocument|\.upload)/
    condition:
        $sink and (
            ($browser1 and $browser2 and 1 of ($discord*, $wallet*, $telegram)) or
            (2 of ($discord*) and 1 of ($wallet*, $telegram, $steam, $mine, $browser*)) or
            (3 of ($wallet*, $telegram, $steam, $ftp, $mine))
        )
}

rule stealer_wallets
{
    meta:
        id = "stealer-wallets"
    strings:
        $a = "nkbihfbeogaeaoehlefnkodbefgpgknn"
        $b = "ibnejdfjmmkpcnlpebklmnkoeoihofec"
        $c = "fhbohimaelbohpjbbldcngcnapndodjp"
        $d = "bfnaelmomeimhlpmgjnjophhpkkoljpa"
        $e = "hnfanknocfeofbddgcijnmhnfnkdnaad"
        $f = "fnjhmkhhmkbjkkabndcnnogagogbneec"
        $g = "egjidjbpglichdcondbcbdnbeeppgdph"
        $h = "aholpfdialjgjfhomihkjbmgjidlcdno"
        $i = "dmkamcknogkgcdfhhbddcghachkejeap"
        $j = "ejbalbakoplchlghecdalmeeeajnimhm"
        $k = "opcgpfmipidbgpenhmajoajpbobppdil"
        $store = /(Local Extension Settings|leveldb|User Data|IndexedDB)/
    condition:
        3 of ($a, $b, $c, $d, $e, $f, $g, $h, $i, $j, $k) and $store
}

rule stealer_discord
{
    meta:
        id = "stealer-discord"
    strings:
        $token = /\[\\w-\]\{2[3-8]\}\\{0,2}\.\[\\w-\]\{6\}\\{0,2}\.\[\\w-\]\{2[5-9](,\d{2,3})?\}/
        $mfa = /mfa\\{0,2}\.\[\\w-\]\{8\d\}/
        $prefix = "dQw4w9WgXcQ:"
        $store = /(leveldb|Local Storage|Local State|\.ldb\b)/ nocase
    condition:
        ($token or $mfa or $prefix) and $store
}

rule stealer_files
{
    meta:
        id = "stealer-files"
    strings:
        $a = /\.ssh[\\\/]{1,4}id_(rsa|ed25519|ecdsa|dsa)/
        $b = /\.aws[\\\/]{1,4}credentials/
        $c = /\.npmrc\b/
        $d = /\.pypirc\b/
        $e = /\.git-credentials\b/
        $f = /\.kube[\\\/]{1,4}config/
        $g = /\.docker[\\\/]{1,4}config\.json/
        $h = /\.netrc\b/
        $i = "/etc/shadow"
        $j = /\.(bash|zsh)_history\b/
        $k = /gcloud[\\\/]{1,4}(application_default_credentials|credentials\.db)/
        $l = /\.azure[\\\/]{1,4}(accessTokens|msal_token_cache)/
    condition:
        5 of them
}
