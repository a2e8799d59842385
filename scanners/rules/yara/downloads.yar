rule powershell_cradle
{
    meta:
        id = "powershell-cradle"
    strings:
        $a = /\b(iex|Invoke-Expression)\b[^\n]{0,120}(DownloadString|DownloadData|Invoke-WebRequest|Invoke-RestMethod|\biwr\b|\birm\b|\bcurl\b|\bwget\b)/ nocase
        $b = /(DownloadString|Invoke-WebRequest|Invoke-RestMethod|\biwr|\birm)\b[^\n]{0,200}\|\s*(iex|Invoke-Expression)\b/ nocase
        $c = /\[Reflection\.Assembly\]::Load\s*\([^\n]{0,120}(DownloadData|FromBase64String)/ nocase
        $d = /DownloadFile\s*\([^\n]{0,300}Start-Process/ nocase
    condition:
        any of them
}

rule powershell_encoded
{
    meta:
        id = "powershell-encoded"
    strings:
        $a = /powershell(\.exe)?["']?[\s,"'][^\n]{0,160}[\-\/]e(n|nc|nco\w*)?["']?[\s,"']+[A-Za-z0-9+\/]{40,}/ nocase
        $b = /pwsh(\.exe)?["']?[\s,"'][^\n]{0,160}-e(n|nc|nco\w*)?["']?[\s,"']+[A-Za-z0-9+\/]{40,}/ nocase
        $cradle = "DownloadString" base64wide
    condition:
        any of them
}

rule powershell_hidden
{
    meta:
        id = "powershell-hidden"
    strings:
        $hidden = /(powershell|pwsh)(\.exe)?["']?[\s,"'][^\n]{0,120}-w(in|indowstyle)?["']?[\s,"']+(hidden|1)\b/ nocase
        $bypass = /(powershell|pwsh)(\.exe)?["']?[\s,"'][^\n]{0,120}-(ep|ex\w*)["']?[\s,"']+(bypass|unrestricted)\b/ nocase
    condition:
        $hidden or ($bypass and #bypass > 0 and filesize < 20KB)
}

rule windows_tool_download
{
    meta:
        id = "windows-tool-download"
    strings:
        $a = /certutil(\.exe)?["']?[\s,"'][^\n]{0,60}-urlcache\b[^\n]{0,200}https?:/ nocase
        $b = /bitsadmin(\.exe)?["']?[\s,"'][^\n]{0,80}\/transfer\b/ nocase
        $c = /mshta(\.exe)?["']?[\s,"']+(https?:|javascript:|vbscript:)/ nocase
        $d = /regsvr32(\.exe)?["']?[\s,"'][^\n]{0,60}\/i:https?:/ nocase
        $e = /rundll32(\.exe)?["']?[\s,"'][^\n]{0,40}javascript:/ nocase
    condition:
        any of them
}

rule shell_download
{
    meta:
        id = "shell-download"
    strings:
        $started = /(system|popen|Popen|run|call|check_output|check_call|exec|execSync|spawn|spawnSync|getoutput)\s*\(\s*[^\n;]{0,60}\b(curl|wget)\s[^\n]{0,200}(\|\s*(sudo\s+)?(ba|z|da)?sh\b|\|\s*python|&&\s*chmod\s+(\+x|[0-7]{3})|;\s*chmod\s+(\+x|[0-7]{3}))/
    condition:
        $started
}

rule defender_tampering
{
    meta:
        id = "defender-tampering"
    strings:
        $a = /Set-MpPreference\s[^\n]{0,80}-Disable(RealtimeMonitoring|IOAVProtection|BehaviorMonitoring|ScriptScanning)/ nocase
        $b = /Add-MpPreference\s[^\n]{0,80}-Exclusion(Path|Process|Extension)/ nocase
        $c = /netsh\s[^\n]{0,40}advfirewall\s+set\s+\w+\s+state\s+off/ nocase
        $d = /vssadmin(\.exe)?\s+delete\s+shadows/ nocase
        $e = /wmic\s+shadowcopy\s+delete/ nocase
        $f = /bcdedit[^\n]{0,60}(recoveryenabled\s+no|bootstatuspolicy\s+ignoreallfailures)/ nocase
        $g = "AmsiScanBuffer"
        $h = "amsiInitFailed"
        $i = /wevtutil\s+(cl|clear-log)\s/ nocase
        $j = "DisableAntiSpyware"
    condition:
        any of them
}
