/** Where bytes come from: an address, a response, memory, or a file on disk under Node. */
import { VitrineError } from './errors.js'

/** A model file: its address (under Node also a path), the response that brings it, or its bytes. */
export type ModelSource = string | URL | Response | ArrayBuffer | Uint8Array<ArrayBufferLike>

/** The engine's code: as a model's, or already compiled. */
export type WasmSource = ModelSource | WebAssembly.Module

/** Bytes on their way in. */
export interface Download {
  /** For messages: the address, or what it is. */
  name: string
  /** Known where the transfer's length is the content's. */
  size: number | undefined
  chunks: AsyncIterable<Uint8Array<ArrayBufferLike>>
}

export async function openModel(source: ModelSource, signal?: AbortSignal): Promise<Download> {
  const found = await locate(source, 'model', signal)
  if (found instanceof Response) {
    const name = nameOf(found, 'model')
    return { name, size: contentSize(found), chunks: streamBody(found, signal) }
  }
  if ('path' in found) return readFile(found.path, 'model', signal)
  return {
    name: 'the model',
    size: found.bytes.length,
    chunks: (async function* () {
      yield found.bytes
    })(),
  }
}

export async function compileWasm(
  source: WasmSource,
  signal?: AbortSignal,
): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source
  const found = await locate(source, 'engine', signal)
  try {
    if (found instanceof Response) {
      const type = found.headers.get('content-type') ?? ''
      if (type.startsWith('application/wasm')) return await WebAssembly.compileStreaming(found)
      const bytes = await found.arrayBuffer()
      refuseHtml(nameOf(found, 'engine'), 'engine', new Uint8Array(bytes))
      return await WebAssembly.compile(bytes)
    }
    if ('path' in found) {
      const chunks: Uint8Array[] = []
      for await (const chunk of readFile(found.path, 'engine', signal).chunks) chunks.push(chunk)
      return await WebAssembly.compile(await new Blob(chunks as BlobPart[]).arrayBuffer())
    }
    return await WebAssembly.compile(found.bytes as BufferSource)
  } catch (cause) {
    if (signal?.aborted) throw signal.reason
    if (!(cause instanceof WebAssembly.CompileError)) throw cause
    throw await refusal(cause)
  }
}

/** Why the engine did not compile, found out with the least of modules. */
async function refusal(cause: WebAssembly.CompileError): Promise<VitrineError> {
  const because = (code: 'unsupported' | 'bad-format', message: string) =>
    new VitrineError(code, message, { cause })
  if (!hasSimd()) {
    const remedy = 'serve engine-scalar.wasm beside engine.wasm'
    return because('unsupported', `this browser has no WebAssembly SIMD; ${remedy}`)
  }
  const allowed = await WebAssembly.compile(simdProbe).then(
    () => true,
    () => false,
  )
  return allowed
    ? because('bad-format', 'the engine is damaged; serve the .wasm files of this package')
    : because('unsupported', "the page's policy needs 'wasm-unsafe-eval' in its script-src")
}

type What = 'model' | 'engine'

async function locate(
  source: ModelSource,
  what: What,
  signal?: AbortSignal,
): Promise<Response | { path: string | URL } | { bytes: Uint8Array }> {
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source) }
  if (source instanceof Uint8Array) return { bytes: source }
  if (source instanceof Response) return checked(source, what)
  if (typeof source !== 'string' && !(source instanceof URL)) {
    const kinds = 'an address, a Response, an ArrayBuffer or a Uint8Array'
    throw new TypeError(`${what === 'model' ? 'model' : 'wasm'} must be ${kinds}`)
  }
  const fs = nodeFiles()
  if (fs && !/^(https?|data|blob):/i.test(`${source}`)) {
    return { path: /^file:/i.test(`${source}`) ? new URL(source) : source }
  }
  return fetchFile(source, what, { signal: signal ?? null })
}

/** With headers that ask whether the file has changed, the answer may be a 304 without a body. */
export function fetchModel(address: string | URL, options: RequestInit): Promise<Response> {
  return fetchFile(address, 'model', options)
}

async function fetchFile(
  address: string | URL,
  what: What,
  options: RequestInit,
): Promise<Response> {
  try {
    return checked(await fetch(address, options), what)
  } catch (cause) {
    if (options.signal?.aborted) throw options.signal.reason
    if (cause instanceof VitrineError) throw cause
    const message = `${address}: the ${what} could not be fetched; check the address and the network`
    throw new VitrineError('network', message, { cause })
  }
}

function checked(response: Response, what: What): Response {
  const name = nameOf(response, what)
  if (!response.ok && response.status !== 304) {
    const code = response.status === 404 || response.status === 410 ? 'not-found' : 'network'
    const answer = `${response.status} ${response.statusText}`.trim()
    throw new VitrineError(code, `${name}: the server answered ${answer}; ${remedyFor(what)}`)
  }
  if (response.headers.get('content-type')?.startsWith('text/html')) throw htmlError(name, what)
  return response
}

/**
 * Development servers answer unknown paths with the shop's own page, and bundlers move the
 * JavaScript without the files beside it: the commonest reasons for bytes that make no sense.
 */
export function refuseHtml(name: string, what: What, start: Uint8Array): void {
  if (/^(\uFEFF)?\s*</.test(new TextDecoder().decode(start.subarray(0, 16)))) {
    throw htmlError(name, what)
  }
}

function htmlError(name: string, what: What): VitrineError {
  const message = `${name}: an HTML page came instead of the ${what}; ${remedyFor(what)}`
  return new VitrineError('bad-format', message)
}

function remedyFor(what: What): string {
  return what === 'model'
    ? 'check that the file lies where the address points'
    : 'copy the .wasm files of the package to where the shop serves files, and pass the address of engine.wasm as `wasm`'
}

function nameOf(response: Response, what: What): string {
  return response.url || `the ${what}`
}

/**
 * The length of what the body holds. A compressed body's is not known: its header counts compressed
 * bytes, and another origin need not even say that they are compressed.
 */
function contentSize({ headers, type }: Response): number | undefined {
  const length = headers.get('content-length')
  if (length === null || headers.has('content-encoding') || type === 'cors') return undefined
  return Number(length)
}

async function* streamBody(response: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  if (response.bodyUsed) throw new TypeError('the Response was read before; pass a fresh one')
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } catch (cause) {
    if (signal?.aborted) throw signal.reason
    const message = `${nameOf(response, 'model')}: the transfer broke off; try again`
    throw new VitrineError('network', message, { cause })
  } finally {
    reader.cancel().catch(() => {})
  }
}

/** Node's file system where there is one, found without an import that a bundler would follow. */
function nodeFiles(): typeof import('node:fs') | undefined {
  return globalThis.process?.getBuiltinModule?.('node:fs')
}

function readFile(path: string | URL, what: What, signal?: AbortSignal): Download {
  const fs = nodeFiles() as typeof import('node:fs')
  const name = `${path}`
  const size = fs.statSync(path, { throwIfNoEntry: false })?.size
  async function* chunks() {
    try {
      yield* fs.createReadStream(path, { signal, highWaterMark: 1 << 20 })
    } catch (cause) {
      if (signal?.aborted) throw signal.reason
      const { code, message } = cause as NodeJS.ErrnoException
      const text = `${name}: the ${what} could not be read: ${message}; check the path`
      throw new VitrineError(code === 'ENOENT' ? 'not-found' : 'io', text, { cause })
    }
  }
  return { name, size, chunks: chunks() }
}

export const hasSimd = () => WebAssembly.validate(simdProbe)

/** The smallest module with a SIMD instruction: (func (result v128) i32.const 0 i8x16.splat). */
const simdProbe = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
)
