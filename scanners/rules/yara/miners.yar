rule miner_connection
{
    meta:
        id = "miner-connection"
    strings:
        $pool = /stratum\+?(tcp|ssl|tls|udp)?s?:\/\/[\w.\-{}$%]{3,80}(:\d{2,5})?/ nocase
        $miner = /\b(xmrig|xmr-stak|cpuminer|minerd|ccminer|nbminer|t-rex|lolminer|phoenixminer|teamredminer|srbminer)\b/ nocase
        $flag = /(--donate-level|--rig-id|--nicehash|--cpu-max-threads|--randomx|-a\s+rx\/0|--coin[ =]monero|--algo[ =]\w)/ nocase
        $login = /"(method|login|pass|wallet|worker)"\s*:\s*"(login|mining\.(subscribe|authorize)|x)"/
        $monero = /\b[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}\b/
        $start = /(Popen|subprocess\.\w+|os\.system|execFile|exec|spawn|execSync)\s*\(/
    condition:
        $pool and ($flag or $login or $monero or ($miner and $start))
}

rule miner_config
{
    meta:
        id = "miner-config"
        where = "any"
    strings:
        $pools = /"pools"\s*:\s*\[/
        $donate = /"donate-level"\s*:/
        $algo = /"(algo|coin|rig-id|nicehash)"\s*:/
        $url = /"url"\s*:\s*"[^"]{4,100}:\d{2,5}"/
        $user = /"user"\s*:\s*"[^"]{20,120}"/
    condition:
        filesize < 200KB and 4 of them
}

rule miner_web
{
    meta:
        id = "miner-web"
    strings:
        $a = /new\s+(CoinHive|CoinImp|Client|CryptoLoot|deepMiner|WMP|webmr)\.(Anonymous|User|Token)\s*\(/ nocase
        $b = /\b(cryptonight|cryptonight-worker|coinhive|deepminer|crypto-?loot|webminepool)(\.min)?\.(js|wasm)\b/ nocase
        $c = "CoinHive.Anonymous" nocase
        $start = ".start(" ascii
    condition:
        ($a or $b or $c) and $start
}

rule miner_words
{
    meta:
        id = "miner-words"
    strings:
        $a = "stratum+tcp" nocase
        $b = "xmrig" nocase
        $c = "donate-level" nocase
        $d = /\b(cpuminer|minerd|ccminer|nbminer|lolminer|phoenixminer)\b/ nocase
        $e = /\b(supportxmr|minexmr|nanopool|moneroocean|2miners|f2pool|ethermine|nicehash|hashvault|herominers|unmineable)\.(com|org|stream|pro)\b/ nocase
        $f = "randomx" nocase
        $g = "cryptonight" nocase
    condition:
        3 of them
}

rule miner_protocol
{
    meta:
        id = "miner-protocol"
    strings:
        $subscribe = /["'`]mining\.(subscribe|authorize)["'`]/
        $submit = /["'`]mining\.(authorize|submit|notify|set_difficulty)["'`]/
        $login = /\bmethod["']?\s*:\s*["']login["']/
        $pass = /\bpass["']?\s*:\s*["']/
        $agent = /\bagent["']?\s*:\s*["']/
        $share = /\bmethod["']?\s*:\s*["'](submit|getjob|keepalived)["']/
        $line = /\b(connect|createConnection|WebSocket|Socket|create_connection|open_connection)\s*\(/
    condition:
        $line and (($subscribe and $submit) or ($login and $pass and $agent and $share))
}

rule miner_command
{
    meta:
        id = "miner-command"
        where = "any"
    strings:
        $line = /(-o|--url|--pool|-P)["']?[ =,]{1,3}["']?[\w.\-+:\/]{4,80}:\d{2,5}\b[^\n]{0,120}(-u|--user|--wallet)["']?[ =,]{1,3}["']?([48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}|bc1[a-z0-9]{25,60}|0x[0-9a-fA-F]{40}|[13LDRT][1-9A-HJ-NP-Za-km-z]{25,34})\b/
    condition:
        $line
}
