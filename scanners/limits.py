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
ENTRIES: Final = 5_000  # files and folders; checked before any name is stored
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
FOLD_LAYERS: Final = 5  # decoded code inside decoded code inside ...
STAGED_BYTES: Final = 4 * SOURCE_TOTAL_BYTES  # sources, their canonical copies and decoded layers together
LAYERS_PER_FILE: Final = 50  # decoded texts followed in one file
FINDINGS_PER_RULE_AND_FILE: Final = 20  # enough for a reviewer; a generated file must not fill the database

# Tools. Engine time-out < task limit < lease, so that a scan ends by its own clock first.
SCAN_SECONDS: Final = 240.0  # wall clock for one artifact, all engines
TOOL_SECONDS: Final = 90.0  # wall clock for one engine
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
