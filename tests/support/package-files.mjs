/** The files of the built package, as a test's server hands them out. */
import { readFileSync } from 'node:fs'

const read = (name) => readFileSync(new URL(import.meta.resolve(name)))
const wasm = (name) => ['application/wasm', read(`vitrine/${name}`)]

/** By path: type and bytes. */
export const packageFiles = {
  '/index.js': ['text/javascript', read('vitrine')],
  '/engine.wasm': wasm('engine.wasm'),
  '/engine-scalar.wasm': wasm('engine-scalar.wasm'),
  '/kernels.wasm': wasm('kernels.wasm'),
}
