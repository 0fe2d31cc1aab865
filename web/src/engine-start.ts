/** Starts the WebAssembly module of the engine. */
import createModule from '#engine'
import type { EngineModule, EngineOptions, RawEngine } from './engine-module.js'
import { VitrineError } from './errors.js'

/** An instance of its own, and all that it exports, its memory and its table among it. */
export async function startModule(
  module: WebAssembly.Module,
): Promise<{ raw: RawEngine; exports: unknown[] }> {
  try {
    let exports: unknown[] = []
    const { Engine: Raw } = await new Promise<EngineModule>((resolve, reject) => {
      const instantiateWasm: EngineOptions['instantiateWasm'] = (imports, done) => {
        WebAssembly.instantiate(module, imports)
          .then((instance) => {
            exports = Object.values(instance.exports)
            done(instance, module)
          })
          .catch(reject)
        return {}
      }
      createModule({ instantiateWasm }).then(resolve, reject)
    })
    return { raw: new Raw(), exports }
  } catch (cause) {
    const code = cause instanceof RangeError ? 'out-of-memory' : 'bad-format'
    const remedy =
      code === 'out-of-memory'
        ? 'close other pages'
        : 'engine.wasm and the JavaScript must come from the same version of the package'
    throw new VitrineError(code, `the engine could not be started; ${remedy}`, { cause })
  }
}
