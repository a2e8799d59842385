rule shell_text
{
    meta:
        id = "shell-text"
    strings:
        $a = /\b(ba|z|k|da)?sh\s+-i\s*[^\n]{0,20}(>&|&>|<)\s*\/dev\/(tcp|udp)\//
        $b = /exec\s+\d{1,3}<>\s*\/dev\/(tcp|udp)\//
        $c = /\/dev\/(tcp|udp)\/[^\s"'\/]{1,80}\/[^\s"'\/]{1,40}\s+0>&1/
        $d = /\bn(c|cat|etcat)(\.exe|\.traditional|\.openbsd)?\s[^\n"';|]{0,80}-\w{0,3}[ec]\w?\s+["']?(\/(usr\/)?bin\/)?(ba|z|da)?(sh|cmd|cmd\.exe|powershell)\b/
        $e = /mkfifo\s+\S{1,60}\s*[;&]{1,2}[^\n]{0,120}\b(nc|ncat|netcat|telnet|openssl)\b/
        $f = /\bsocat\s[^\n]{0,120}exec:[^\n]{0,60}(sh|cmd|pty)/ nocase
        $g = /\btelnet\s+\S{1,80}\s+\S{1,20}\s*\|\s*(\/bin\/)?(ba)?sh\s*\|\s*telnet\b/
        $h = /\bphp\s+-r\s+[^\n]{0,40}fsockopen\s*\(/
        $i = /\bruby\s+-rsocket\s+-e\b/
        $j = /\bperl\s+-e\s+[^\n]{0,20}use\s+Socket\b/
        $k = /\bpython[23]?(\.exe)?\s+-c\s+[^\n]{0,20}import\s+[^\n]{0,40}socket[^\n]{0,400}(dup2|pty\.spawn|subprocess)/
        $l = /awk\s+'BEGIN\s*\{[^\n]{0,60}\/inet\/tcp\//
        $m = /lua\s+-e\s+[^\n]{0,40}socket[^\n]{0,100}os\.execute/
    condition:
        any of them
}

rule shell_text_started
{
    meta:
        id = "shell-text-started"
    strings:
        $a = /(system|popen|Popen|run|call|check_output|check_call|exec|execSync|spawn|spawnSync|execFile|getoutput)\s*\([^\n;]{0,80}((ba|z)?sh\s+-i|\/dev\/(tcp|udp)\/|\bnc\s[^\n]{0,60}-e\s|mkfifo\s+\/|socat\s[^\n]{0,80}exec:)/
        $shell = /\/dev\/(tcp|udp)\/|-e\s+\/bin\/(ba)?sh|-e\s+cmd|mkfifo\s+\/[^\n]{0,80}\bnc\b|exec:["']?(\/bin\/)?(ba)?sh/
    condition:
        $a and $shell
}

rule shell_powershell_client
{
    meta:
        id = "shell-powershell-client"
    strings:
        $client = /New-Object\s+(System\.)?Net\.Sockets\.TCPClient\s*\(/ nocase
        $stream = ".GetStream()" nocase
        $run = /\b(iex|Invoke-Expression|cmd\.exe|Start-Process)\b/ nocase
    condition:
        $client and $stream and $run
}

rule shell_script_pipe
{
    meta:
        id = "shell-script-pipe"
    strings:
        $net = /(net\.(connect|createConnection|Socket|createServer)|new\s+(net\.)?Socket|require\(["'](node:)?net["']\))/
        $spawn = /(spawn|exec|execFile)\s*\(\s*[^\n]{0,60}(\/bin\/(ba|z|da)?sh|["'](ba|z)?sh["']|cmd(\.exe)?["']|powershell)/
        $in = /\.pipe\(\s*\w+\.stdin\s*\)/
        $out = /\.(stdout|stderr)\.pipe\(/
    condition:
        $net and $spawn and $in and $out
}

rule shell_upload
{
    meta:
        id = "shell-upload"
    strings:
        $piped = /\b(env|printenv|set|cat|git|tar|zip|history|find|ls|ps|dump|mysqldump|pg_dump)\b[^\n|]{0,120}\|[^\n]{0,60}\bcurl\b[^\n|]{0,120}(--data-binary|--data-raw|--data|-d|-T|-F)[ =]?["']?(\w+=)?@?-[\s"']/
    condition:
        $piped
}
