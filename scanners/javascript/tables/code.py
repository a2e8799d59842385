"""Rows for what runs text as code, loads it, or starts programs.

Data only.
"""

from typing import Final

from scanners.facts import Act, Label, Trick
from scanners.javascript.effects import ALL, REST, Effect, Table, same, under, words

CHILD: Final = "child_process.ChildProcess#"
SHELLS: Final = Effect(Act.PROCESS_START, 0, gives=(Label.PROCESS,), becomes=CHILD, special="shell")
PROGRAM: Final = Effect(Act.PROCESS_START, 0, gives=(Label.PROCESS,), becomes=CHILD, special="program")
RUNS: Final = Effect(Act.CODE_EVAL, 0, data=(0,), special="run", keeps=True)
UNPACKS: Final = Effect(Act.CODE_UNPACK, "", data=(0,), gives=(Label.OPAQUE,), special="named", keeps=True)

CODE: Final[Table] = {
    **same(RUNS, "eval global.eval vm.runInContext vm.runInNewContext vm.runInThisContext vm.compileFunction"),
    **same(RUNS, "vm.Script vm.SourceTextModule eval() require-from-string module._compile module.Module._compile"),
    **same(RUNS, "module.prototype._compile module.Module.prototype._compile vm2.VM#.run vm2.NodeVM#.run"),
    **same(RUNS, "safe-eval static-eval isolated-vm.Isolate#.compileScript isolated-vm.Isolate#.compileScriptSync"),
    **same(RUNS, "isolated-vm.Context#.eval isolated-vm.Context#.evalSync script.text script.textContent"),
    "Function": Effect(Act.CODE_EVAL, 0, data=ALL, special="make_function", keeps=True),
    "vm2.VM": Effect(becomes="vm2.VM#"),
    "vm2.NodeVM": Effect(becomes="vm2.NodeVM#"),
    "worker_threads.Worker": Effect(special="worker", becomes="worker_threads.Worker#"),
    "Worker": Effect(special="worker", becomes="worker_threads.Worker#"),
    **same(Effect(special="timer"), "setTimeout setInterval setImmediate timers.setTimeout timers.setInterval"),
    **same(Effect(special="timer"), "timers.setImmediate timers/promises.setTimeout process.nextTick queueMicrotask"),
    **same(Effect(Act.NATIVE_CALL, "WebAssembly", data=(0,), keeps=True), "WebAssembly.Module WebAssembly.compile"),
    **same(Effect(Act.NATIVE_CALL, "WebAssembly", data=(0,), keeps=True), "WebAssembly.instantiate wasi.WASI#.start"),
    **same(Effect(special="require"), "require module.require process.mainModule.require import require.main.require"),
    **same(Effect(special="pipeline"), "stream.pipeline stream.promises.pipeline stream/promises.pipeline pump"),
    **same(RUNS, "module#._compile module.Module#._compile"),
    **same(Effect(special="require"), "module._load module.Module._load import-fresh require-main createRequire#"),
    "process.getBuiltinModule": Effect(special="require"),
    **same(
        Effect(becomes="createRequire#"),
        "module.createRequire module.createRequireFromPath module.Module.createRequire",
    ),
    **same(UNPACKS, "v8.deserialize node-serialize.unserialize serialize-to-js.deserialize funcster.deepDeserialize"),
}

PROCESSES: Final[Table] = {
    **same(SHELLS, "child_process.exec child_process.execSync shelljs.exec execa.command execa.commandSync"),
    **same(SHELLS, "execa.execaCommand execa.execaCommandSync execa.$ zx.$ node-cmd.run node-cmd.get node-cmd.runSync"),
    **same(SHELLS, "child-process-promise.exec shell-exec sudo-prompt.exec Bun.$ promisify-child-process.exec exec-sh"),
    **same(PROGRAM, "child_process.execFile child_process.execFileSync child_process.spawn child_process.spawnSync"),
    **same(PROGRAM, "execa execa.execa execa.execaSync execa.sync cross-spawn cross-spawn.spawn cross-spawn.sync"),
    **same(PROGRAM, "child-process-promise.spawn node-pty.spawn Bun.spawn Deno.run execa.execaNode open spawn-sync"),
    **same(
        PROGRAM,
        "child_process._spawn promisify-child-process.spawn execa.node execa.shell child_process.ChildProcess#.spawn",
    ),
    "child_process.ChildProcess": Effect(becomes=CHILD),
    "child_process.fork": Effect(Act.PROCESS_START, 0, gives=(Label.PROCESS,), becomes=CHILD, special="fork"),
    "cluster.fork": Effect(Act.PROCESS_START, "cluster.fork", becomes=CHILD),
    f"{CHILD}.stdin.write": Effect(Act.PROCESS_START, "this", data=(0,)),
    f"{CHILD}.stdin.end": Effect(Act.PROCESS_START, "this", data=(0,)),
    "process.dlopen": Effect(Act.NATIVE_LOAD, 1, data=(1,)),
    **same(
        Effect(Act.NATIVE_LOAD, 0, data=(0,), becomes="native#"),
        "ffi-napi.Library ffi.Library koffi.load node-ffi.Library",
    ),
    **same(Effect(Act.NATIVE_LOAD, 0, data=(0,), becomes="native#"), "bindings node-gyp-build ref-napi"),
    **same(Effect(Act.NATIVE_LOAD, 0, special="binding"), "process.binding process._linkedBinding"),
    "binding.process_wrap.Process": Effect(becomes="binding.process_wrap.Process#"),
    **same(
        Effect(Act.PROCESS_START, 0, gives=(Label.PROCESS,), becomes=CHILD, special="options"),
        "binding.spawn_sync.spawn binding.process_wrap.Process#.spawn",
    ),
    **same(Effect(Act.NATIVE_LOAD, 0, data=(0,)), "Bun.dlopen Deno.dlopen"),
    "native#.func": Effect(Act.NATIVE_CALL, 0, data=REST),
}

STARTS: Final = Trick.SHELL
SHELL_PROGRAMS: Final = words(
    "sh bash zsh dash ash ksh fish cmd cmd.exe powershell powershell.exe pwsh pwsh.exe wscript cscript mshta",
    "osascript",
)
COMMANDS_OF_MODULES: Final = under("npm", Effect(Act.SOFTWARE_INSTALL, 0, data=(0,)), "install commands.install")
