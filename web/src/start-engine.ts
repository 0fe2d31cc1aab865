/** Chooses the build of the engine that this browser runs best, and starts it. */
import { Engine, type Kernels, kernelKinds } from './engine.js'
import { VitrineError } from './errors.js'
import { compileWasm, hasSimd, type WasmSource } from './load.js'

/** The files of the engine. A page needs the first; the others are for faster and for older browsers. */
export interface EngineFiles {
  /** `engine.wasm`. */
  engine: WasmSource
  /** `kernels.wasm`: faster, for browsers with relaxed SIMD. */
  kernels?: WasmSource | undefined
  /** `engine-scalar.wasm`: for browsers without SIMD. */
  scalar?: WasmSource | undefined
}

/** Resolves with an engine that has no model yet and has given the answers that are known beforehand. */
export async function startEngine(
  wasm: WasmSource | EngineFiles | undefined,
  most: Kernels,
  signal?: AbortSignal,
): Promise<Engine> {
  const { engine: file, kernels, scalar } = filesOf(wasm)
  const level = kernelKinds.indexOf(most)
  const pack = level === 2 && kernels && hasRelaxedSimd() ? compilePack(kernels, signal) : undefined
  if (scalar === undefined || (level > 0 && hasSimd())) {
    const module = await compileWasm(file, signal)
    const engine = await Engine.create(module)
    if (engine.areKernelsRight()) {
      const faster = await soon(pack)
      if (!faster || (await engine.install(faster))) return engine
      // What a wrong pack has done to the engine's memory, nobody knows.
      return Engine.create(module)
    }
  }
  const engine = scalar ? await Engine.create(await compileWasm(scalar, signal)) : undefined
  if (engine?.areKernelsRight()) return engine
  const message = 'this browser computes wrongly; show the shop without personal rows'
  throw new VitrineError('unsupported', message)
}

/** Without it the engine is slower, so whatever is wrong with the file is no error. */
async function compilePack(file: WasmSource, signal?: AbortSignal) {
  try {
    return await compileWasm(file, signal)
  } catch {
    return undefined
  }
}

/** A server that keeps the pack waiting must not keep the shop waiting. */
function soon<Value>(value: Promise<Value> | undefined): Promise<Value | undefined> {
  if (!value) return Promise.resolve(undefined)
  return Promise.race([value, new Promise<undefined>((resolve) => setTimeout(resolve, 500))])
}

function filesOf(wasm: WasmSource | EngineFiles | undefined): EngineFiles {
  if (wasm === undefined) return ownFiles()
  if (typeof wasm === 'object' && 'engine' in wasm) return wasm
  // The others lie beside it where it has its own name.
  const end = /engine\.wasm(?=$|[?#])/
  const beside = (name: string) => `${wasm}`.replace(end, name)
  return (typeof wasm === 'string' || wasm instanceof URL) && end.test(`${wasm}`)
    ? { engine: wasm, kernels: beside('kernels.wasm'), scalar: beside('engine-scalar.wasm') }
    : { engine: wasm }
}

/** Beside this module, in the form that bundlers follow. */
function ownFiles(): EngineFiles {
  try {
    return {
      engine: new URL('./engine.wasm', import.meta.url),
      kernels: new URL('./kernels.wasm', import.meta.url),
      scalar: new URL('./engine-scalar.wasm', import.meta.url),
    }
  } catch (cause) {
    const remedy = "name the engine: createRecommender({ wasm: '/engine.wasm', ... })"
    const message = `engine.wasm: this script was bundled as none that knows its own address; ${remedy}`
    throw new VitrineError('unsupported', message, { cause })
  }
}

/**
 * Spares browsers without it a request. A module with the instruction that matters: others of relaxed
 * SIMD may be there without it.
 */
const hasRelaxedSimd = () =>
  WebAssembly.validate(
    // (func (param v128) (result v128) local.get 0 local.get 0 local.get 0 i32x4.relaxed_dot_i8x16_i7x16_add_s)
    Uint8Array.of(
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 123, 1, 123, 3, 2, 1, 0],
      ...[10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 147, 2, 11],
    ),
  )
