rule clipper
{
    meta:
        id = "clipper"
    strings:
        $bitcoin = /(bc1|\[13\])[^\n"']{0,60}\{\d{2},\d{2}\}/
        $ethereum = /0x\[a-fA-F0-9\]\{40\}|0x\[0-9a-fA-F\]\{40\}|0x\[A-Fa-f0-9\]\{40\}/
        $monero = /[48]\(?\[?0-9AB?\]?[^\n]{0,40}\{93\}/
        $tron = /T\[[A-Za-z0-9\-]{5,20}\]\{33\}/
        $lite = /\[LM3?\]\[a-km-zA-HJ-NP-Z1-9\]\{2\d,\d\d\}/
        $read = /(pyperclip\.paste|clipboard\.(get|paste|read|readText|readSync)|GetClipboardData|Get-Clipboard|clipboard_get|ImageGrab\.grabclipboard|wl-paste|pbpaste|xclip)/ nocase
        $write = /(pyperclip\.copy|clipboard\.(set|copy|write|writeText|writeSync)|SetClipboardText|SetClipboardData|Set-Clipboard|clipboard_append|pbcopy|wl-copy)/ nocase
    condition:
        ($bitcoin or $ethereum or $monero or $tron or $lite) and $read and $write
}

rule ransom_note
{
    meta:
        id = "ransom-note"
        where = "any"
    strings:
        $a = /(all )?(of )?your (important )?(personal )?(files|documents|data|photos)[^.\n]{0,60}(have been|has been|were|are) (now )?encrypted/ nocase
        $b = /\b(send|pay|transfer|payment of)\b[^\n]{0,60}(bitcoin|btc|monero|xmr|ethereum|\beth\b|usdt)/ nocase
        $c = /(decrypt(ion|or)? (key|tool|software|program)|private key|recover your (files|data))/ nocase
        $d = /do not (try|attempt)[^.\n]{0,60}(decrypt|rename|recover|modify|shut)/ nocase
        $e = /(wallet|bitcoin|btc|monero) address/ nocase
        $f = /(within|you have) \d{1,3} (hours|days)/ nocase
        $g = /(price|ransom|amount) (will be |is |gets )?(doubled?|increase)/ nocase
        $h = /\.onion\b/
    condition:
        $a and 2 of ($b, $c, $d, $e, $f, $g, $h)
}

rule ransom_code
{
    meta:
        id = "ransom-code"
    strings:
        $note = /your (important )?(personal )?(files|documents|data)[^.\n]{0,60}(have been|has been|were|are) (now )?encrypted/ nocase
        $pay = /(bitcoin|\bbtc\b|monero|ransom|decryptor|decryption key)/ nocase
        $walk = /(os\.walk|rglob|glob\.glob|os\.listdir|scandir|readdir|Get-ChildItem|opendir)/
        $cipher = /(Fernet\s*\(|AES\.new|ChaCha20|\.encrypt\s*\(|createCipheriv|AesManaged|Salsa20)/
    condition:
        all of them
}

rule analysis_list
{
    meta:
        id = "analysis-list"
    strings:
        $p1 = /\bvmtoolsd\b/ nocase
        $p2 = /\bvbox(service|tray)\b/ nocase
        $p3 = /\bwireshark\b/ nocase
        $p4 = /\b(ida64|idaq64|idaq)\b/ nocase
        $p5 = /\b(x32dbg|x64dbg|x96dbg|ollydbg|windbg)\b/ nocase
        $p6 = /\bprocesshacker\b/ nocase
        $p7 = /\bhttpdebugger(ui|svc)?\b/ nocase
        $p8 = /\bfiddler\b/ nocase
        $p9 = /\bprocmon(64)?\b/ nocase
        $p10 = /\bjoeboxserver\b/ nocase
        $p11 = /\bksdumper(client)?\b/ nocase
        $p12 = /\b(xenservice|qemu-ga|prl_tools|prl_cc|df5serv|vmwareuser|vmacthlp|vmusrvc)\b/ nocase
        $p13 = /\b(pestudio|dumpcap|regshot|sandboxierpcss|cuckoo)\b/ nocase
    condition:
        4 of them
}

rule analysis_machines
{
    meta:
        id = "analysis-machines"
    strings:
        $m1 = /00[:\-]?05[:\-]?69/
        $m2 = /00[:\-]0c[:\-]29/ nocase
        $m3 = /00[:\-]1c[:\-]14/ nocase
        $m4 = /00[:\-]50[:\-]56/
        $m5 = /08[:\-]00[:\-]27/
        $m6 = /00[:\-]16[:\-]3e/ nocase
        $m7 = /00[:\-]1c[:\-]42/ nocase
        $u1 = "WDAGUtilityAccount"
        $u2 = /"(Abby|hmarc|patex|RDhJ0CNFevzX|kEecfMwgj|8Nl0ColNQ5bq|PxmdUOpVyx|Peter Wilson|JOHN-PC|BEE7370C-8C0C-4|DESKTOP-NAKFFMT|WIN-5E07COS9ALR)"/ nocase
        $d1 = /(vboxguest|vboxsf|vboxmouse|vmmouse|vmhgfs|vm3dgl)\.(sys|dll)/ nocase
        $d2 = /(sbiedll|api_log|dir_watch|pstorec|vmcheck|wpespy|cmdvrt\d\d)\.dll/ nocase
        $d3 = /SYSTEM[\\]{1,4}(CurrentControlSet|ControlSet001)[\\]{1,4}(Services[\\]{1,4}(Disk[\\]{1,4}Enum|VBox)|Enum[\\]{1,4}(IDE|SCSI))/ nocase
        $d4 = /HARDWARE[\\]{1,4}(ACPI[\\]{1,4}DSDT[\\]{1,4}VBOX|DEVICEMAP[\\]{1,4}Scsi)/ nocase
    condition:
        3 of ($m*) or 2 of ($u*, $d*) or (1 of ($m*) and 1 of ($u*, $d*))
}

rule persistence_text
{
    meta:
        id = "persistence-text"
    strings:
        $a = /\breg(\.exe)?["']?[\s,"']+add["']?[\s,"']+[^\n]{0,60}CurrentVersion[\\]{1,4}Run/ nocase
        $b = /schtasks(\.exe)?["']?[\s,"']+[^\n]{0,20}\/create\b/ nocase
        $c = /\(\s*crontab\s+-l[^\n]{0,200}\|\s*crontab\s+-/
        $d = /echo\s[^\n]{0,200}>>\s*(~|\$HOME|\/root|\/home\/\w+)\/\.(bashrc|bash_profile|profile|zshrc|zprofile)/
        $e = /echo\s[^\n]{0,800}>>\s*(~|\$HOME|\/root|\/home\/\w+)\/\.ssh\/authorized_keys/
        $f = /@reboot\s+\S/
        $g = /New-ItemProperty\s[^\n]{0,120}CurrentVersion[\\]{1,4}Run/ nocase
        $h = /(Register-ScheduledTask|New-ScheduledTaskTrigger)\b/ nocase
        $i = /(launchctl\s+load|systemctl\s+(--user\s+)?enable)\s+[^\n]{0,80}(&&|;|\|)/
    condition:
        any of them
}

rule persistence_run_key
{
    meta:
        id = "persistence-run-key"
    strings:
        $key = /Software[\\]{1,4}Microsoft[\\]{1,4}Windows[\\]{1,4}CurrentVersion[\\]{1,4}Run(Once)?\b/ nocase
        $set = /(SetValueEx|RegSetValue|CreateKeyEx?|Set-ItemProperty|regedit\.(putValue|createKey)|\.set\()/
    condition:
        $key and $set
}

rule cloud_metadata
{
    meta:
        id = "cloud-metadata"
    strings:
        $a = "169.254.169.254"
        $b = "metadata.google.internal"
        $c = "100.100.100.200"
        $d = "169.254.170.2"
    condition:
        any of them
}

rule template_walk
{
    meta:
        id = "template-walks-to-powers"
        where = "text"
    strings:
        $walk = /\{[{%][^{}\n]{0,300}(__globals__|__subclasses__|__mro__|__builtins__|__bases__)/
    condition:
        $walk
}

rule injection_calls
{
    meta:
        id = "shellcode-run"
    strings:
        $memory = /\b(VirtualAlloc(Ex)?|NtAllocateVirtualMemory|VirtualProtect(Ex)?|mmap\.mmap|PROT_EXEC)\b/
        $thread = /\b(CreateThread|CreateRemoteThread|RtlCreateUserThread|NtCreateThreadEx|QueueUserAPC|EnumSystemLocalesA|CFUNCTYPE|NtQueueApcThread)\b/
        $copy = /\b(RtlMoveMemory|WriteProcessMemory|NtWriteVirtualMemory|memmove|RtlCopyMemory)\b/
        $escapes = /(\\x[0-9a-fA-F]{2}){24,}/
        $array = /(0x[0-9a-fA-F]{1,2}\s*,\s*){24,}/
        $name = /\bshell_?code\b/ nocase
    condition:
        $memory and $thread and $copy and ($escapes or $array or $name)
}

rule binary_in_text
{
    meta:
        id = "binary-in-text"
        where = "text"
    strings:
        $pe = "This program cannot be run in DOS mode" base64
        $pe_utf = "This program cannot be run in DOS mode" base64wide
        $mz64 = /TV[opqr][A-Za-z0-9]AA[A-Za-z0-9]AAA[A-Za-z0-9+\/]{40}/
        $elf64 = /f0VMR[g]?[IM]?[BC]AQ[A-Za-z0-9+\/]{40}/
        $elfb = /f0VMRgEBAQ[A-Za-z0-9+\/]{40}/
        $mz16 = /4d5a(90|50|80)00[0-9a-f]{4}0000[0-9a-f]{80}/ nocase
        $elf16 = /7f454c460[12]01010[0-9a-f]{80}/ nocase
        $mzx = /\\x4d\\x5a\\x90\\x00(\\x[0-9a-f]{2}){40}/ nocase
        $mzr = "AAAAEAAAAMAAQqVT"
        $dex = /ZGV4CjAz[A-Za-z0-9+\/]{40}/
        $class = /yv66vg[A-Za-z0-9+\/]{60}/
    condition:
        any of them
}
