"""Every number of the engine, with its unit and its reason.

It holds no behaviour. A limit that is reached makes a scan `incomplete` or an archive refused, never `clean`.
"""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# Archives. An honest plugin is a few hundred kB; the limits leave two orders of magnitude above that.
ARCHIVE_BYTES: Final = 50 * MIB  # the file as uploaded
UNPACKED_BYTES: Final = 200 * MIB  # all members together, counted while inflating
MEMBER_BYTES: Final = 64 * MIB  # one member, counted while inflating
RATIO: Final = 50  # inflated bytes per compressed byte ...
RATIO_FLOOR_BYTES: Final = 10 * MIB  # ... judged only above this: small text compresses far better than 50
ENTRIES: Final = 20_000  # files and folders of all levels; the largest honest wheels hold some ten thousand
PATH_BYTES: Final = 512  # one path in UTF-8, under every file system's limit
NAME_BYTES: Final = 255  # one component, the limit of ext4, APFS and NTFS
PATH_DEPTH: Final = 20  # components in a path
TAR_HEADER_BYTES: Final = 64 * KIB  # one extended header; real ones are under 1 KiB
TAR_PADDING_BYTES: Final = 64 * KIB  # zero blocks after the end mark; GNU tar pads to 10 KiB
CHUNK_BYTES: Final = 64 * KIB  # what is held in memory while a member streams

# Sources. bandit needs up to 0.7 GB for 1 MB of dense Python, so its input is bounded before it starts.
SOURCE_BYTES: Final = 1 * MIB  # one source file
SOURCE_TOTAL_BYTES: Final = 20 * MIB  # all source files of one artifact
SNIPPET_CHARACTERS: Final = 200  # quoted in a finding, one line
FOLD_CHARACTERS: Final = 1_000_000  # a folded or decoded string that grows above this is given up as unknown
FOLD_INTEGER_BITS: Final = 4096  # integers beyond it only serve to burn time
FOLD_LAYERS: Final = 5  # decoded code inside decoded code inside ...
STAGED_BYTES: Final = 4 * SOURCE_TOTAL_BYTES  # sources, their canonical copies and decoded layers together
LAYERS_PER_FILE: Final = 50  # decoded texts followed in one file
FINDINGS_PER_RULE_AND_FILE: Final = 20  # enough for a reviewer; a generated file must not fill the database

# Tools. Engine time-out < task limit < lease, so that a scan ends by its own clock first.
SCAN_SECONDS: Final = 240.0  # wall clock for one artifact, all engines
TOOL_SECONDS: Final = 110.0  # wall clock for one engine
TOOL_CPU_SECONDS: Final = 90  # RLIMIT_CPU, the kernel's own clock should ours be starved
TOOL_MEMORY_BYTES: Final = 6 * 1024 * MIB  # RLIMIT_AS: semgrep silently returns nothing at 2 GB and works at 4
TOOL_FILE_BYTES: Final = 64 * MIB  # RLIMIT_FSIZE: the largest file a tool may write
TOOL_OPEN_FILES: Final = 512  # RLIMIT_NOFILE
TOOL_PROCESSES: Final = 4_096  # RLIMIT_NPROC counts the whole user, workers included; does not bind root
TOOL_OUTPUT_BYTES: Final = 16 * MIB  # standard output kept; more is an error, not a cut
TOOL_ERROR_BYTES: Final = 4 * KIB  # standard error kept, from its end
SEMGREP_RULE_SECONDS: Final = 15  # one rule on one file; a time-out is reported and makes the scan incomplete

# Deep nesting: 2,500 chained operators need about 10,000 interpreter frames in bandit's visitor.
CHILD_STACK_BYTES: Final = 512 * MIB  # address space only, committed as it is touched
CHILD_RECURSION: Final = 100_000  # frames

# Containment and the warm process.
STRANGER_FIRST_UID: Final = 61_184  # the range systemd keeps for users that exist only while a process runs ...
STRANGER_LAST_UID: Final = 65_519  # ... taken in pairs: one runs, the other ends whatever the first left running
STRANGER_PROCESSES: Final = 64  # RLIMIT_NPROC of a process with a uid of its own; threads count
LOOK_MEMORY_BYTES: Final = 2 * 1024 * MIB  # what one forked reader may allocate, its big stack not counted
WARM_MESSAGE_BYTES: Final = 32 * MIB  # one JSON message between a reader and its caller
WARM_MESSAGE_BRACKETS: Final = 500_000  # objects and lists in it: three bytes of JSON become 64 of Python
WARM_QUESTIONS: Final = 20_000  # one reader may ask; a cache look-up per file of the largest artifact is 5,000
WARM_REPORT_BYTES: Final = 64 * KIB  # one message between the warm process and its owner
WARM_START_SECONDS: Final = 60.0  # importing every engine on a busy machine takes a few
WARM_GRACE_SECONDS: Final = 3.0  # from the deadline to the answer: the kernel ends a process of 2 GB in under one
WARM_IDLE_SECONDS: Final = 120.0  # without work, then its memory is given back; the next call pays the imports
WARM_ATTEMPTS: Final = 3  # a warm process may end, idle, just while a call is on its way
CLEANED_ENTRIES: Final = 1_000_000  # files and folders removed from one scratch folder before giving up
# Engines near the floor.
TREE_NODES: Final = 500_000  # syntax nodes of one Python file: about 0.3 GB as objects; a real module has under 50,000
SEMGREP_MEMORY_MB: Final = 3_000  # beyond it the binary gives a file up and says so, before RLIMIT_AS kills the run
SEMGREP_PROBE_SECONDS: Final = 20.0  # canaries alone, when a run has failed: is it the tool or an artifact?
CACHE_BYTES: Final = 2 * 1024 * MIB  # a directory cache: about a million files' results
CACHE_MEMORY_BYTES: Final = 64 * MIB  # a cache within one process
CACHE_ENTRY_BYTES: Final = 1 * MIB  # one entry; real ones are under 4 KiB
KEPT_TREE_BYTES: Final = 16 * MIB  # what the language passes say of one tree, unpacked; a longer word is not kept
CACHE_TOUCH_SECONDS: Final = 3_600.0  # an entry's age is renewed by use, at most this often
# What a manifest and its neighbours declare.
CAPABILITY_DETAILS: Final = 50  # hosts, commands or names shown for one capability: more is not read by anyone
CAPABILITY_PLACES: Final = 5  # lines shown for one capability
DEPENDENCY_FILE_BYTES: Final = 8 * MIB  # one file that names dependencies; lock files of large projects are 2 MiB
DEPENDENCIES: Final = 20_000  # names of one artifact, lock files included; more are reported as not read
DEPENDENCY_DEPTH: Final = 20  # dependencies inside dependencies of an old lock file; npm's own stop at about 10
MARKUP_BRACKETS: Final = 10_000  # lists of one data file that is followed; the parsers recurse into them
MARKUP_NESTING: Final = 2_000  # opening brackets of a TOML file, whose parser recurses into them
OSV_RECORD_BYTES: Final = 1 * MIB  # one OSV record; the largest known is under 200 KiB
OSV_RECORDS: Final = 500_000  # records of one directory that are read in advance
UPSTREAM_INDEX_BYTES: Final = 512 * MIB  # an index of three million known files
UPSTREAM_FILE_BYTES: Final = 64  # below this, files of different projects are equal by chance
README_CHARACTERS: Final = 80  # a readme with fewer letters says nothing
EDIT_NAME_CHARACTERS: Final = 5  # shorter names lie one letter apart from too many others
SARIF_RESULTS: Final = 25_000  # results of one run: what the common readers of SARIF take
# Bytes and texts (yara, secrets, texts, prompts).
YARA_FILE_SECONDS: Final = 10  # all byte rules on one file; a time-out is an error and makes the scan incomplete
YARA_MATCHES_PER_PATTERN: Final = 50  # the most any rule counts to, and enough places for a reviewer
LINE_CHARACTERS: Final = 2_000  # a line of hand-written code; longer ones are generated, data or hiding something
LITERAL_CHARACTERS: Final = 40  # the shortest encoded text that can hold a call worth hiding
LITERALS_PER_FILE: Final = 2_000  # string literals decoded in one file
DECODED_BYTES: Final = 1 * MIB  # what one encoded literal may grow to; the rest of it is not looked at
PROMPT_CHARACTERS: Final = 64_000  # one text a language model may be given; the rest is beyond any context kept
PROMPTS_PER_FILE: Final = 2_000  # texts a language model may be given from one file
# Unpacking.
UNPACK_SECONDS: Final = 60.0  # wall clock for one artifact; 200 MiB inflate in under 3 s, hashing and writing included
GZIP_HEADER_BYTES: Final = 1 * KIB  # a gzip header with its file name
ZIP_COMMENT_BYTES: Final = 1 * KIB  # a comment that is text; `git archive` writes 40 characters
BYTECODE_BYTES: Final = 4 * MIB  # one compiled file that is compared with its source
BYTECODE_DEPTH: Final = 100  # constants inside constants; the compiler nests two or three deep
PICKLE_BYTES: Final = 64 * MIB  # one pickle that is walked through
PICKLE_OPERATIONS: Final = 2_000_000  # walked before it is given up as unread
PICKLE_FINDINGS: Final = 20  # imports named a file
# The Python pass. A megabyte of dense source is about 400,000 expressions; each is looked at a handful of times.
PYTHON_STEPS_PER_MODULE: Final = 1_000_000  # expressions and statements; about 8 seconds
PYTHON_STEPS: Final = 6_000_000  # the same, for all modules of one plugin
PYTHON_CHARACTERS_PER_STEP: Final = (
    10  # calls are followed with their arguments for one step per so many characters ...
)
PYTHON_STEPS_FOLLOWED_FLOOR: Final = 200_000  # ... or this many steps, so that small plugins are followed to the end
PYTHON_ALTERNATIVES: Final = 8  # different constants or names that one expression can stand for
PYTHON_ITEMS: Final = 512  # members of one list or dictionary that are told apart
PYTHON_UNROLLED: Final = 8_192  # turns of a loop over known elements that are computed one by one
PYTHON_CALL_DEPTH: Final = 24  # own functions inside own functions; deeper ones are looked at by themselves
PYTHON_VARIANTS: Final = 12  # different sets of arguments that one function is followed with
PYTHON_DETAILS: Final = 8  # different constant details that are told apart at one place
PYTHON_REFERENCE: Final = 160  # characters of a dotted name
DETAIL_CHARACTERS: Final = 2_000  # of a command line, path, address or code that a fact quotes

# The scan line. A look and then semgrep, each within its own time, end before the deadline of the scan.
LOOK_SECONDS: Final = 120.0  # wall clock for one look: unpacking, both language passes and every engine but semgrep
SCAN_BATCH: Final = 32  # artifacts that semgrep reads together; beyond 16 a start more or less no longer shows
# The script pass. Honest minified code of 1 MB has some 400,000 nodes; each is read once, called functions a few times.
SCRIPT_FILE_STEPS: Final = 3_000_000  # nodes read for one file, functions of other files it calls included
SCRIPT_TOTAL_STEPS: Final = 12_000_000  # nodes read for one artifact
SCRIPT_NESTING: Final = 1_000  # expressions inside expressions; honest code stays under 200
SCRIPT_RECURSION: Final = 20_000  # interpreter frames: about eight for each of these levels
SCRIPT_CALL_DEPTH: Final = 24  # calls followed inside calls
SCRIPT_CALL_BYTES: Final = 12_000  # source bytes one function may be read again for other arguments
SCRIPT_PARSE_ROUNDS: Final = 20_000  # times the parser reports, each about a hundred operations ...
SCRIPT_PARSE_ROUNDS_PER_BYTE: Final = 1  # ... and for each byte; ordinary code needs 0.05
SCRIPT_SHAPE_STEPS: Final = 500  # objects looked into for what one value carries
SCRIPT_FACTS_PER_PLACE: Final = 8  # different details kept for one call that many callers share
SCRIPT_DECODER_BYTES: Final = 600  # source of a function that looks texts up or decodes them
SCRIPT_DECODER_CALLS: Final = 2_000  # different constants such a function is called with
SCRIPT_MAP_BYTES: Final = 2_000_000  # items of a constant array times the bytes of the callback applied to each
SCRIPT_MAP_ITEMS: Final = 20_000  # items of such an array
SEMGREP_BATCH_BYTES: Final = (
    2 * MIB
)  # staged sources read in one process, so that small plugins never wait for a big one
SCRIPT_NAME_CHARACTERS: Final = 80  # what a secret is called where it is read
