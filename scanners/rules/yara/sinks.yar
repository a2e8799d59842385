rule webhook_hidden
{
    meta:
        id = "webhook-hidden"
        where = "any"
    strings:
        $a = "discord.com/api/webhooks/" base64
        $b = "discordapp.com/api/webhooks/" base64
        $c = "hooks.slack.com/services/T" base64
        $d = "api.telegram.org/bot" base64
        $e = "/skoohbew/ipa/moc."
        $f = /646973636f7264(617070)?2e636f6d2f6170692f776562686f6f6b73/ nocase
        $g = "discord.com/api/webhooks/" xor(1-255)
        $h = "tob/gro.margelet.ipa"
        $i = "qvfpbeq.pbz/ncv/jroubbxf"
    condition:
        any of them
}

rule webhook_credential
{
    meta:
        id = "webhook-credential-data"
        where = "any"
        check = "is-random"
    strings:
        $a = /\/api\/(v\d+\/)?webhooks\/\d{15,21}\/[\w\-]{60,80}/
        $b = /\/bot\d{8,11}:[\w\-]{33,40}/
        $c = /\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/\w{20,30}/
    condition:
        any of them
}

rule sink_callback
{
    meta:
        id = "sink-callback"
    strings:
        $a = /\b(webhook\.site|[\w\-]+\.m\.pipedream\.net|[\w\-.]+\.oast\.(fun|pro|live|site|online|me)|[\w\-.]+\.interact\.sh|[\w\-.]+\.interactsh\.com|[\w\-.]+\.oastify\.com|[\w\-.]+\.burpcollaborator\.net|[\w\-.]+\.dnslog\.(cn|link)|[\w\-.]+\.ceye\.io|[\w\-.]+\.canarytokens\.(com|org)|requestbin\.(com|net)|[\w\-]+\.requestcatcher\.com|[\w\-]+\.beeceptor\.com|[\w\-]+\.requestrepo\.com|[\w\-]+\.bxss\.me|[\w\-]+\.request(inspector|bin)\.\w+|[\w\-]+\.hookb\.in|webhook-test\.com)\b/ nocase
    condition:
        $a
}

rule sink_tunnel
{
    meta:
        id = "sink-tunnel"
    strings:
        $a = /\b[\w\-]+\.(ngrok(-free)?\.(io|app|dev)|tcp\.\w+\.ngrok\.io|serveo\.net|localhost\.run|lhr\.life|trycloudflare\.com|loca\.lt|localtunnel\.me|pagekite\.me|bore\.pub|duckdns\.org|no-ip\.(org|com|biz)|ddns\.net|hopto\.org|zapto\.org|sytes\.net|servebeer\.com|dynu\.net|freedynamicdns\.org|mooo\.com)\b/ nocase
    condition:
        $a
}

rule sink_paste
{
    meta:
        id = "sink-paste"
    strings:
        $a = /https?:\/\/(www\.)?(pastebin\.com\/raw\/\w+|paste\.ee\/r\/|hastebin\.com\/raw\/|rentry\.co\/\w+\/raw|ghostbin\.\w+\/|controlc\.com\/|dpaste\.(com|org)\/\w+(\.txt|\/raw)|ix\.io\/|sprunge\.us|termbin\.com|0x0\.st|transfer\.sh|file\.io|(store\d*|api)\.gofile\.io|gofile\.io\/|anonfiles?\.com|bayfiles\.com|catbox\.moe|litterbox\.catbox\.moe|temp\.sh|oshi\.at|uguu\.se|tmpfiles\.org|bashupload\.com|filebin\.net|cdn\.discordapp\.com\/attachments\/)/ nocase
    condition:
        $a
}

rule sink_address
{
    meta:
        id = "sink-address"
        check = "is-foreign-address"
    strings:
        $a = /\b(https?|wss?|ftp|tcp|socks[45]?):\/\/([^\s"'\/@]{1,60}@)?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(:\d{2,5})?/
    condition:
        $a
}
