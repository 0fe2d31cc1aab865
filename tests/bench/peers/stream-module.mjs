import { readFileSync } from 'node:fs'
import createWabt from 'wabt'

/** stream.wat as a WebAssembly module's bytes. */
export async function streamModule() {
  const wabt = await createWabt()
  const text = readFileSync(new URL('stream.wat', import.meta.url), 'utf8')
  return wabt.parseWat('stream.wat', text).toBinary({}).buffer
}
