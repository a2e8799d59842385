rule packer_python
{
    meta:
        id = "packer-python"
    strings:
        $a = /\b__pyarmor(__|_enter__)\s*\(/
        $b = /from\s+[\w.]*pyarmor_runtime\w*\s+import\b/
        $c = /from\s+[\w.]*pytransform\w*\s+import\s+(pyarmor_runtime|__pyarmor__)/
        $d = "---BEGIN PYE FILE---"
        $e = /^import\s+sourcedefender\b/
        $f = /\bimport\s+sourcedefender\b/
        $g = "PYARMOR" fullword
        $h = /__pyarmor__\s*\(\s*__name__/
        $i = "__pyconcrete__"
    condition:
        $a or $b or $c or $d or $h or $i or ($f and not $e and filesize < 4KB) or $e or ($g and uint32(0) == 0x52415950)
}

rule packer_native
{
    meta:
        id = "packer-native"
        where = "any"
    strings:
        $a = "NUITKA_ONEFILE_PARENT"
        $b = "pyi-windows-manifest-filename"
        $c = "_MEIPASS2"
        $d = "PyInstaller: "
        $e = "UPX!"
    condition:
        (uint16(0) == 0x5a4d or uint32(0) == 0x464c457f) and any of them
}

rule packer_lambda
{
    meta:
        id = "packer-lambda"
    strings:
        $a = /\b_+\s*=\s*lambda\s+_+\s*:\s*__import__\s*\(/
        $b = /exec\s*\(\s*\(?_+\)?\s*\(\s*b?["']/
        $c = /__import__\(\s*["']marshal["']\s*\)\.loads\(\s*__import__\(\s*["'](zlib|base64|bz2|lzma|gzip)["']/
        $d = /exec\s*\(\s*(marshal\.loads|__import__\(\s*["']marshal["']\s*\)\.loads)\s*\(/
        $e = /exec\s*\(\s*(zlib|gzip|bz2|lzma)\.decompress\s*\(\s*(base64\.)?b(64|32|85)decode\s*\(/
    condition:
        $a or $c or $d or $e or ($b and #b > 0 and filesize < 64KB and ($a or $c))
}

rule packer_import_spelling
{
    meta:
        id = "packer-import-spelling"
    strings:
        $a = /__import__\s*\(\s*(bytes\s*\(\s*\[|bytearray\s*\(|''\.join\s*\(|""\.join\s*\(|["'](\\x[0-9a-fA-F]{2}){2}|chr\s*\()/
        $b = /getattr\s*\(\s*__import__\s*\(\s*(bytes|''\.join|""\.join|["']\\x|chr)/
        $c = /(eval|exec)\s*\(\s*(["'](\\x[0-9a-fA-F]{2}){6}|bytes\s*\(\s*\[|''\.join\s*\(\s*(map\s*\(\s*chr|chr\s*\(|\[?\s*chr\s*\())/
    condition:
        any of them
}

rule packer_javascript
{
    meta:
        id = "packer-javascript"
    strings:
        $name = /_0x[a-f0-9]{4,6}\b/
        $rotate = /while\s*\(\s*(!!\[\]|!0x0|true)\s*\)\s*\{\s*try\s*\{/
        $array = /(var|const|let)\s+_0x[a-f0-9]{4,6}\s*=\s*(\[|function|_0x)/
        $fuck = /(\[\]|\!\[\]|\!\+\[\]|\+\[\]|\(|\)|\[|\]|\+|!){200,}/
        $fuck_start = /\[\]\[\(!\[\]\+\[\]\)\[|\(!\[\]\+\[\]\)\[\+/
        $jj = /\$=~\[\];\$=\{___:\+\+\$/
        $aa = { EF BE 9F CF 89 EF BE 9F EF BE 89 3D }
    condition:
        (#name > 30 and ($rotate or $array)) or (#name > 300) or ($fuck and $fuck_start) or $jj or $aa
}

rule packer_javascript_old
{
    meta:
        id = "packer-javascript-old"
    strings:
        $a = /eval\s*\(\s*function\s*\(\s*p\s*,\s*a\s*,\s*c\s*,\s*k\s*,\s*e\s*,\s*[dr]\s*\)/
    condition:
        $a
}
