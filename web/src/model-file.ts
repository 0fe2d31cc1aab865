/**
 * Streams a model file into an engine. The safetensors header (its length in eight bytes, then JSON)
 * is parsed here; what it says is checked by the engine, as by every other reader.
 */
import type { Engine } from './engine.js'
import { VitrineError } from './errors.js'
import { type Download, refuseHtml } from './load.js'

/** The table of contents of a model file, parsed but not yet believed. */
export interface TableOfContents {
  tensors: { name: string; dtype: string; shape: number[]; begin: number; end: number }[]
  metadata: [string, string][]
}

const maxHeaderBytes = 16 << 20
const alignment = 64

/** What stands before the tensors in a file, and how long the whole file is. */
export interface LoadedModel {
  header: Uint8Array
  bytes: number
}

export async function loadModel(
  { name, size, chunks }: Download,
  engine: Engine,
): Promise<LoadedModel> {
  const input = new ByteReader(chunks)
  const start = await input.take(8)
  refuseHtml(name, 'model', start)
  if (start.length < 8) throw damaged(name, `it ends after ${start.length} bytes`)

  const headerBytes = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true))
  const payloadStart = 8 + headerBytes
  if (headerBytes > maxHeaderBytes || payloadStart > (size ?? Number.POSITIVE_INFINITY)) {
    throw damaged(name, "the header's length is impossible")
  }
  const header = await input.take(headerBytes)
  if (header.length < headerBytes) throw damaged(name, 'it ends inside its header')
  if (payloadStart % alignment !== 0) {
    throw damaged(name, 'the payload does not start at a multiple of 64 bytes')
  }

  const contents = parseHeader(name, header)
  const payloadBytes = contents.tensors.reduce((most, { end }) => Math.max(most, end), 0)
  const fileBytes = payloadStart + payloadBytes
  if (size !== undefined && size !== fileBytes) throw wrongSize(name, size, fileBytes)

  engine.begin(name, payloadBytes, contents)
  let written = 0
  for await (const chunk of input.rest()) {
    if (written + chunk.length > payloadBytes) throw damaged(name, 'bytes after the last tensor')
    engine.write(written, chunk)
    written += chunk.length
  }
  if (written < payloadBytes) throw wrongSize(name, payloadStart + written, fileBytes)
  engine.open()
  return { header: concatenate([start, header], payloadStart), bytes: fileBytes }
}

function parseHeader(name: string, bytes: Uint8Array): TableOfContents {
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw damaged(name, 'the header is not JSON', cause)
  }
  if (!isRecord(header)) throw damaged(name, 'the header is not JSON')
  const { __metadata__: metadata = {}, ...tensors } = header
  if (!isRecord(metadata)) throw damaged(name, 'the metadata is not an object')
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') throw damaged(name, `metadata '${key}' is not text`)
  }
  return {
    tensors: Object.entries(tensors).map(([key, value]) => describe(name, key, value)),
    metadata: Object.entries(metadata) as [string, string][],
  }
}

function describe(
  name: string,
  tensor: string,
  value: unknown,
): TableOfContents['tensors'][number] {
  const { dtype, shape, data_offsets: offsets, ...others } = isRecord(value) ? value : {}
  const isWhole = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0
  const known =
    typeof dtype === 'string' &&
    Array.isArray(shape) &&
    shape.length <= 8 &&
    shape.every(isWhole) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isWhole) &&
    Object.keys(others).length === 0
  if (!known) {
    throw damaged(name, `tensor '${tensor}' is not described by dtype, shape and data_offsets`)
  }
  return { name: tensor, dtype, shape, begin: offsets[0], end: offsets[1] }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function damaged(name: string, what: string, cause?: unknown): VitrineError {
  const message = `${name}: ${what}; is it a model file of vitrine, and complete?`
  return new VitrineError('bad-format', message, { cause })
}

function wrongSize(name: string, got: number, expected: number): VitrineError {
  const what = got < expected ? 'cut short' : 'longer than it says'
  return damaged(name, `the file is ${what}: ${got} of ${expected} bytes`)
}

/** Takes an exact number of bytes off the front of a stream, then hands on the rest as it comes. */
class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #pending = new Uint8Array(0) as Uint8Array

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  /** Fewer than `count` bytes only at the stream's end. */
  async take(count: number): Promise<Uint8Array> {
    const parts = [this.#pending]
    let length = this.#pending.length
    while (length < count) {
      const { done, value } = await this.#chunks.next()
      if (done) break
      parts.push(value)
      length += value.length
    }
    const all = parts.length === 1 ? this.#pending : concatenate(parts, length)
    this.#pending = all.subarray(count)
    return all.subarray(0, count)
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#pending.length > 0) yield this.#pending
    yield* { [Symbol.asyncIterator]: () => this.#chunks }
  }
}

function concatenate(parts: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}
