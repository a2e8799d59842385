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
