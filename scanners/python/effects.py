"""What calls of foreign functions do: code that is run, names that are reached, values that are computed.

One function a kind of `calls.CALLS`. Programs, files and the network have modules of their own.
"""

from collections.abc import Callable

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.constants import UNCOMPUTABLE
from scanners.python.conversations import WHOLE, is_told_whole
from scanners.python.domain import (
    HOLE,
    NO_TRICKS,
    UNKNOWN,
    Bound,
    Function,
    Getter,
    Instance,
    Klass,
    Tricks,
    Value,
    blend,
    constant,
    elements,
    join_all,
    mark,
    plain_of,
    reference,
    sequence_of,
    texts_of,
)
from scanners.python.effects_files import FILE_EFFECTS, read_handle
from scanners.python.effects_hooks import HOOK_EFFECTS, follow_packed
from scanners.python.effects_host import HOST_EFFECTS
from scanners.python.effects_logging import LOGGING_EFFECTS
from scanners.python.effects_network import NETWORK_EFFECTS
from scanners.python.effects_programs import PROGRAM_EFFECTS
from scanners.python.effects_shipped import SHIPPED_EFFECTS
from scanners.python.effects_values import VALUE_EFFECTS
from scanners.python.invoked import Call
from scanners.python.lookups import LOOKED_UP, NAMESPACE, Lookups, dotted_name, name_of
from scanners.python.places import SETTING_HOLDERS, SETTING_NAMES
from scanners.python.values import DECODERS, decode_codec, is_hiding

DECODED = frozenset([Trick.DECODED])
NAMED = frozenset([Trick.NAMED_IN_DATA])
LONG_TEMPLATE = 200  # characters that a file writes out itself around what it fills in
SAFE_LOADERS = ("SafeLoader", "CSafeLoader", "BaseLoader", "CBaseLoader")
Effect = Callable[[Lookups, Call], Value]


def evaluate(machine: Lookups, call: Call) -> Value:
    """Record that code is run, and look at it when it is constant."""
    code = without_filling(machine, call.argument(0, "stmt", "source", "code", "statement"))
    machine.emit(Act.CODE_EVAL, call.node, detail=code, sources=[code], tricks=call.tricks)
    result = run_texts(machine, call, code)
    return mark(result, *code.marks) if code.marks else result


def without_filling(machine: Lookups, code: Value) -> Value:
    """Return code without the origins of what only fills the gaps of a template that this file writes out."""
    texts = [text for text in code.consts if isinstance(text, str)]
    if not code.marks or not texts or len(texts) < len(code.consts):
        return code
    dropped: set[Label] = set()
    if all(is_definition(text) for text in texts):
        dropped |= {Label.DECODED, Label.OPAQUE}
    is_long = all(text.count(HOLE) > 2 and len(text.replace(HOLE, "")) >= LONG_TEMPLATE for text in texts)
    marks = frozenset(
        item
        for item in code.marks
        if item.label not in dropped
        and not (is_long and item.label in (Label.NETWORK, Label.DECODED, Label.OPAQUE) and item.path != machine.path)
    )
    return Value(consts=code.consts, is_whole=code.is_whole, marks=marks, tricks=code.tricks)


def is_definition(text: str) -> bool:
    """Say whether a text with gaps defines something, and no gap can hold a line of its own."""
    if HOLE not in text or not text.lstrip().startswith(("def ", "class ", "async def ", "lambda ", "@")):
        return False
    return not any(line.strip() == HOLE or line.lstrip().startswith(f"{HOLE};") for line in text.split("\n"))


def compile_code(machine: Lookups, call: Call) -> Value:
    """Record that code is compiled; what is compiled stays a constant that `exec` can look at."""
    code = call.argument(0, "source")
    mode = plain_of(call.argument(2, "mode"))
    flags = call.argument(3, "flags")
    if mode is not None and flags.refs and flags.refs[0] == "ast.PyCF_ONLY_AST":
        return Value(marks=code.marks)
    machine.emit(Act.CODE_EVAL, call.node, detail=code, sources=[code], tricks=call.tricks)
    return Value(consts=code.consts, is_whole=code.is_whole, marks=code.marks, tricks=code.tricks)


def run_texts(machine: Lookups, call: Call, code: Value) -> Value:
    """Look at constant code as if it stood where it is run."""
    results = [
        machine.run_layer(text, call.node)
        for item, text in zip(code.consts, texts_of(code), strict=False)
        if code.is_whole and isinstance(item, str | bytes)
    ]
    return join_all(results)


def load_file(machine: Lookups, call: Call) -> Value:
    """Record that a file is run as code."""
    position = 1 if call.name.endswith(("Loader", "spec_from_file_location", "load_source", "load_dynamic")) else 0
    path = call.argument(position, "path", "location", "pathname", "path_name", "archivepath")
    if call.has(position) or path is not UNKNOWN:
        sources = [path, written_to(machine, path, call, position)]
        machine.emit(Act.CODE_LOAD, call.node, detail=path, sources=sources, tricks=call.tricks)
    return Value(refs=(f"{call.name}()",), consts=path.consts, marks=path.marks)


def written_to(machine: Lookups, path: Value, call: Call, position: int) -> Value:
    """Return what was written to a file before."""
    return machine.read_written(path, call.argument_node(position))


def load_name(machine: Lookups, call: Call) -> Value:
    """Return a module imported by its name as text; record it when the name is put together or unknown."""
    name = call.argument(0, "name", "mod_name", "path")
    text = plain_of(name)
    if call.name.endswith("find_spec"):
        return UNKNOWN
    if not isinstance(text, str) or name.tricks & {Trick.JOINED, Trick.DECODED}:
        machine.emit(Act.CODE_LOAD, call.node, detail=name, sources=[name], tricks=call.tricks | LOOKED_UP)
    if not isinstance(text, str):
        return import_each(machine, name, tricks=LOOKED_UP | name.tricks | call.tricks)
    tricks = LOOKED_UP | name.tricks | call.tricks | naming_tricks(name)
    level = plain_of(call.argument(1, "package"))
    if text.startswith(".") and isinstance(level, str):
        text = f"{level}{text}"
    if call.name == "runpy.run_module":
        return UNKNOWN
    is_top = call.name == "builtins.__import__" and not call.has(3, "fromlist")
    return mark(machine.import_value(text.split(".")[0] if is_top else text), tricks=tricks)


def import_each(machine: Lookups, name: Value, *, tricks: Tricks) -> Value:
    """Return the modules that a name from shipped data can mean; of any other name only where it comes from."""
    named = naming_tricks(name)
    if not named or not name.is_whole:
        return Value(marks=name.marks)
    modules = [machine.import_value(text) for text in name.consts if isinstance(text, str) and text]
    return mark(join_all(modules), *name.marks, tricks=tricks | named)


def naming_tricks(name: Value) -> Tricks:
    """Return the trick of a name that stands in a file of data."""
    return NAMED if any(item.label is Label.FILE for item in name.marks) else NO_TRICKS


def unpack(machine: Lookups, call: Call) -> Value:
    """Record that data is unpacked by something that can run code in it."""
    data = read_handle(machine, call.argument(0, "file", "stream", "data", "f", "filename", "filepath_or_buffer"))
    loader = call.argument(1, "Loader", "loader")
    is_safe = bool(loader.refs) and loader.refs[0].endswith(SAFE_LOADERS)
    if call.name == "torch.load":
        is_safe = plain_of(call.argument(9, "weights_only")) is True
    elif call.name == "numpy.load":
        is_safe = plain_of(call.argument(2, "allow_pickle")) is not True
    result = Value(marks=data.marks | call.callee.marks, tricks=data.tricks)
    if is_safe:
        return result
    texts = [text for text in data.consts if isinstance(text, str) and text.startswith(("http://", "https://"))]
    if texts:
        machine.emit(Act.NETWORK_FETCH, call.node, detail=data, sources=[data])
        data = mark(data, machine.mark(Label.NETWORK, call.node))
    machine.emit(Act.CODE_UNPACK, call.node, detail=call.name, sources=[data], tricks=call.tricks)
    follow_packed(machine, call, data)
    return mark(result, machine.mark(Label.OPAQUE, call.node))


def decode(machine: Lookups, call: Call) -> Value:
    """Return hidden text made readable; whatever comes out was hidden."""
    data = call.argument(0, "s", "data", "string")
    decoded = machine.mark(Label.DECODED, call.node)
    plain = plain_of(data)
    function = DECODERS.get(call.name)
    if function is not None and isinstance(plain, str | bytes):
        try:
            machine.charge(len(plain) * 8)
            value = constant(function(plain), marks=data.marks, tricks=data.tricks | DECODED)  # type: ignore[arg-type]
        except UNCOMPUTABLE:
            # Damaged data: the source would raise here as well.
            value = blend([data])
        return mark(value, decoded)
    return mark(blend([call.callee, *call.args]), decoded, tricks=DECODED)


def codec(machine: Lookups, call: Call) -> Value:
    """Return what a codec makes of a text; only some of them hide anything."""
    data, name = call.argument(0, "obj"), plain_of(call.argument(1, "encoding"))
    if not isinstance(name, str) or not is_hiding(name):
        return Value(consts=data.consts, is_whole=data.is_whole, marks=data.marks, tricks=data.tricks)
    plain = plain_of(data)
    decoded = machine.mark(Label.DECODED, call.node)
    if isinstance(plain, str | bytes) and (call.name == "codecs.decode" or "13" in name):
        try:
            result = decode_codec(plain, name)
            return mark(constant(result, tricks=data.tricks | DECODED), decoded, *data.marks)  # type: ignore[arg-type]
        except UNCOMPUTABLE:
            # Damaged data: the source would raise here as well.
            return mark(blend([data]), decoded)
    return mark(blend([data]), decoded, tricks=DECODED)


def get_attribute(machine: Lookups, call: Call) -> Value:
    """Return an attribute looked up by its name as text."""
    base, name = call.argument(0), call.argument(1)
    results = [
        mark(machine.attribute(base, text, call.node), tricks=LOOKED_UP | name.tricks | naming_tricks(name))
        for text in name.consts
        if isinstance(text, str)
    ]
    if results:
        if is_secret_setting(call, name):
            holder = call.argument_node(0)
            shown = f"{dotted_name(holder) if holder is not None else ''}.{texts_of(name)[0]}"
            results.append(Value(marks=frozenset([machine.mark(Label.SECRET, call.node, name=shown)])))
        return join_all([*results, *call.args[2:3]])
    return mark(blend(call.args), tricks=LOOKED_UP if base.refs else NO_TRICKS)


def is_secret_setting(call: Call, name: Value) -> bool:
    """Say whether a setting named like a secret is asked for."""
    node = call.argument_node(0)
    if node is None or name_of(node) not in SETTING_HOLDERS:
        return False
    return any(isinstance(text, str) and text.lower() in SETTING_NAMES for text in name.consts)


def set_attribute(machine: Lookups, call: Call) -> Value:
    """Set an attribute by its name as text: of an own instance, or of somebody else's module."""
    base, name, value = call.argument(0), plain_of(call.argument(1)), call.argument(2)
    for thing in base.things:
        if isinstance(thing, Instance) and isinstance(name, str):
            machine.write_field(thing.klass, name, value)
    for ref in base.refs:
        if "(" not in ref and not ref.startswith("builtins.globals"):
            shown = f"{ref}.{name}" if isinstance(name, str) else ref
            machine.emit(Act.HOST_PATCH, call.node, detail=shown, sources=[value], tricks=LOOKED_UP)
    return UNKNOWN


def namespace(machine: Lookups, call: Call) -> Value:
    """Return a namespace that names can be looked up in."""
    first = call.argument(0)
    if call.name == "builtins.vars" and first.refs:
        return Value(refs=tuple(f"{ref}.__dict__" for ref in first.refs), tricks=first.tricks)
    node = call.argument_node(0)
    if node is not None and is_told_whole(node, first):
        return mark(blend([first]), machine.mark(Label.MESSAGE, call.node, name=WHOLE))
    return reference(NAMESPACE) if not first.things else UNKNOWN


def get_named(machine: Lookups, call: Call) -> Value:
    """Return what a namespace holds under a name, or what is given in its place."""
    namespace_of = reference(NAMESPACE, tricks=call.callee.tricks)
    found = machine.look_up_item(namespace_of, call.argument(0), call.node) if call.args else None
    known = [value for value in (found, *call.args[1:2]) if value is not None]
    return mark(join_all(known), tricks=LOOKED_UP | call.tricks)


def partial(machine: Lookups, call: Call) -> Value:
    """Return a callable with arguments given ahead."""
    if not call.args:
        return UNKNOWN
    blended = blend([*call.args, *call.keywords.values()])
    return Value(
        things=(Bound(call.args[0], tuple(call.args[1:]), tuple(call.keywords.items())),),
        marks=blended.marks,
        tricks=blended.tricks,
    )


def make_getter(machine: Lookups, call: Call) -> Value:
    """Return an attrgetter or methodcaller."""
    text = plain_of(call.argument(0))
    if not isinstance(text, str):
        return blend(call.args)
    is_call = call.name.endswith("methodcaller")
    return Value(things=(Getter(tuple(text.split(".")), is_call, tuple(call.args[1:])),), tricks=call.args[0].tricks)


def call_first(machine: Lookups, call: Call) -> Value:
    """Call the first argument with the others."""
    if not call.args:
        return UNKNOWN
    return machine.call_value(call.args[0], call.node, call.args[1:], call.keywords)


def apply_each(machine: Lookups, call: Call) -> Value:
    """Call a function with every element of something, one by one while they are known."""
    if len(call.args) < 2:
        return blend(call.args)
    function, source = call.args[0], call.args[1]
    if call.name == "functools.reduce":
        return reduce(machine, call, function, source)
    members = sequence_of(source)
    if call.name == "builtins.filter":
        machine.call_value(function, call.node, [elements(source)], {})
        return source
    if members is None or len(call.args) > 2:
        results = [machine.call_value(function, call.node, [elements(item) for item in call.args[1:]], {})]
        return Value(items=tuple(results), marks=results[0].marks, tricks=results[0].tricks)
    results = [machine.call_value(function, call.node, [member], {}) for member in members]
    return machine.make_sequence(results, call.node)


def reduce(machine: Lookups, call: Call, function: Value, source: Value) -> Value:
    """Fold known elements one after the other; unknown ones are anything at once."""
    members = list(sequence_of(source) or ())
    if not 0 < len(members) <= limits.PYTHON_ITEMS:
        each = elements(source)
        return machine.call_value(function, call.node, [join_all([*call.args[2:3], each]), each], {})
    result = call.args[2] if len(call.args) > 2 else members.pop(0)
    for member in members:
        result = machine.call_value(function, call.node, [result, member], {})
    return result


def calls_key(machine: Lookups, call: Call) -> Value:
    """Let the key function of a sort see the elements; return them."""
    if "key" in call.keywords and call.args:
        machine.call_value(call.keywords["key"], call.node, [elements(call.args[0])], {})
    return call.args[0] if len(call.args) == 1 and call.name.endswith("sorted") else blend(call.args)


def find_super(machine: Lookups, call: Call) -> Value:
    """Return what a class's bases give to its instances."""
    running = machine.running
    if running is None or running.klass is None:
        return UNKNOWN
    bases = running.klass.bases
    things = tuple(thing for base in bases for thing in base.things if isinstance(thing, Klass))
    refs = tuple(f"{ref}()" for base in bases for ref in base.refs)
    return Value(refs=refs, things=tuple(Instance(thing) for thing in things))


def find_type(machine: Lookups, call: Call) -> Value:
    """Return the class of a value, or a class made on the spot."""
    if len(call.args) == 1:
        return Value(things=tuple(thing.klass for thing in call.args[0].things if isinstance(thing, Instance)))
    members = call.args[2].items if len(call.args) > 2 else None
    things = [thing for item in (members or {}).values() for thing in item.things] if isinstance(members, dict) else []
    return Value(things=tuple(thing for thing in things if isinstance(thing, Function)), items=members)


EFFECTS: dict[str, Effect] = {
    "evaluate": evaluate, "compile": compile_code, "load_file": load_file, "load_name": load_name, "unpack": unpack,
    "decode": decode, "codec": codec, "getattr": get_attribute, "setattr": set_attribute, "namespace": namespace,
    "namespace_get": get_named,
    "partial": partial, "getter": make_getter, "item_getter": make_getter, "call_first": call_first,
    "apply": apply_each, "calls_key": calls_key,
    "super": find_super,
    "type": find_type, **VALUE_EFFECTS, **SHIPPED_EFFECTS, **LOGGING_EFFECTS,
    **HOOK_EFFECTS, **PROGRAM_EFFECTS, **FILE_EFFECTS, **HOST_EFFECTS, **NETWORK_EFFECTS,
}  # fmt: skip
