/** The WebAssembly engine: the only file that touches the raw module and its memory. */
import createModule from '#engine'
import type {
  EngineModule,
  EngineOptions,
  Outcome,
  RawEngine,
  RawEvent,
  RawExplanation,
  RawFeatures,
  RawTensor,
} from './engine-module.js'
import { VitrineError, type VitrineErrorCode } from './errors.js'

export type { RawEvent, RawExplanation, RawFeatures, RawTensor }

/** The table of contents of a model file, parsed but not yet believed. */
export interface TableOfContents {
  tensors: RawTensor[]
  metadata: [string, string][]
}

/** What is asked of the engine; `now` in seconds, `repeats` one of `repeatModes`. */
export interface Request {
  count: number
  now: number
  repeats: number
  exclude: Uint32Array
  /** What is known of the shopper, as places in `contextNames`. */
  context: Uint32Array
}

/** A ranked list in memory of its own; best first. */
export interface Ranking {
  items: Uint32Array
  scores: Float32Array
  popular: boolean
  generated: boolean
}

/** In the engine's order. */
export const repeatModes = { byModel: 0, exclude: 1, include: 2 } as const

/** What the engine computes with, the slowest first. */
export const kernelKinds = ['scalar', 'simd128', 'relaxed-simd'] as const
export type Kernels = (typeof kernelKinds)[number]

export const noBasket = 0xffffffff

/**
 * One engine has one WebAssembly instance and one model, so that what goes wrong in one leaves the
 * others alone, and an engine that is dropped without close() gives all its memory to the collector.
 */
export class Engine {
  #raw: RawEngine | undefined
  #failure: unknown
  #kernels: Kernels
  #exports: unknown[]

  private constructor(raw: RawEngine, exports: unknown[]) {
    this.#raw = raw
    this.#kernels = raw.simd() ? 'simd128' : 'scalar'
    this.#exports = exports
  }

  static async create(module: WebAssembly.Module): Promise<Engine> {
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
      return new Engine(new Raw(), exports)
    } catch (cause) {
      const code = cause instanceof RangeError ? 'out-of-memory' : 'bad-format'
      const remedy =
        code === 'out-of-memory'
          ? 'close other pages'
          : 'engine.wasm and the JavaScript must come from the same version of the package'
      throw new VitrineError(code, `the engine could not be started; ${remedy}`, { cause })
    }
  }

  get kernels(): Kernels {
    return this.#kernels
  }

  /** Whether the engine's own kernels compute what they should. */
  areKernelsRight(): boolean {
    return this.#call((raw) => raw.areKernelsRight())
  }

  /**
   * Lets the kernels of `pack`, which computes in the engine's memory, take part in the lists of the
   * model that is opened next. False where that fails; the engine must then not be used any more.
   */
  async install(pack: WebAssembly.Module): Promise<boolean> {
    const memory = this.#exports.find((value) => value instanceof WebAssembly.Memory)
    const table = this.#exports.find((value) => value instanceof WebAssembly.Table)
    try {
      if (!memory || !table) return false
      const instance = await WebAssembly.instantiate(pack, { env: { memory } })
      const functions = instance.exports as Record<string, (argument: number) => number>
      // Asked with a byte that is larger than the instructions promise to take.
      const pairsFirst = functions.prefers_pairs?.(255)
      for (const form of pairsFirst ? ['pairs', 'fused'] : ['fused', 'pairs']) {
        const place = table.grow(2)
        table.set(place, functions[`int8_${form}`])
        table.set(place + 1, functions[`int4_${form}`])
        if (this.#call((raw) => raw.setCoarseKernels(place, place + 1))) {
          this.#kernels = 'relaxed-simd'
          return true
        }
      }
    } catch {}
    return false
  }

  /** Makes room for a model of so many bytes: `write` them all, from the front, then `open`. */
  begin(name: string, bytes: number, { tensors, metadata }: TableOfContents): void {
    this.#unwrap((raw) => raw.begin(name, bytes, tensors, metadata))
  }

  write(offset: number, chunk: Uint8Array): void {
    this.#call((raw) => {
      // The view is taken anew each time: growing memory detaches the one before.
      raw.payload().set(chunk, offset)
      raw.received(offset, offset + chunk.length)
    })
  }

  open(): void {
    this.#unwrap((raw) => raw.open())
  }

  /** A copy of the open model's bytes [begin, end), the header not counted. */
  read(begin: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#call((raw) => new Uint8Array(raw.payload().subarray(begin, end)))
  }

  get itemCount(): number {
    return this.#call((raw) => raw.itemCount())
  }

  /** What the model can be told of a shopper, such as `country=DE`. */
  get contextNames(): string[] {
    return this.#call((raw) => raw.knowsContext()) ? JSON.parse(this.text('context.names')) : []
  }

  get modelName(): string {
    return this.#call((raw) => raw.modelName())
  }

  /** Decodes a tensor of UTF-8 bytes. */
  text(tensor: string): string {
    return this.#unwrap(
      (raw) => raw.tensor(tensor),
      (bytes) => new TextDecoder().decode(bytes),
    )
  }

  /** The number of the event that a shop calls `name`, if the history has a use for it. */
  eventType(name: string): number | undefined {
    const type = this.#call((raw) => raw.eventType(name))
    return type < 0 ? undefined : type
  }

  track(event: RawEvent): void {
    this.#unwrap((raw) => raw.track(event))
  }

  clear(): void {
    this.#call((raw) => raw.clear())
  }

  /** Every event of the history, ascending in time. */
  events(): RawEvent[] {
    return this.#call((raw) =>
      Array.from({ length: raw.eventCount() }, (_, index) => raw.eventAt(index)),
    )
  }

  recommend({ count, now, repeats, exclude, context }: Request): Ranking {
    return this.#unwrap(
      (raw) => raw.recommend(count, now, repeats, exclude, context),
      ({ items, scores, ...source }) => ({
        items: items.slice(),
        scores: scores.slice(),
        ...source,
      }),
    )
  }

  explain(item: number, { count, now, repeats, exclude }: Request): RawExplanation {
    return this.#unwrap(
      (raw) => raw.explain(item, count, now, repeats, exclude),
      ({ items, contributions, without, ...rest }) => ({
        ...rest,
        items: items.slice(),
        contributions: contributions.slice(),
        without: without.slice(),
      }),
    )
  }

  features(now: number): RawFeatures {
    return this.#call((raw) => raw.features(now))
  }

  close(): void {
    const raw = this.#raw
    this.#raw = undefined
    this.#exports = []
    if (this.#failure === undefined) raw?.delete()
  }

  /** A trap leaves the engine's memory in no known state: from then on every call says so. */
  #call<Value>(run: (raw: RawEngine) => Value): Value {
    if (this.#raw === undefined) {
      throw new VitrineError('closed', 'the recommender was closed; create another one')
    }
    try {
      if (this.#failure === undefined) return run(this.#raw)
    } catch (error) {
      this.#failure = error
    }
    throw new VitrineError('aborted', 'the engine failed; close the recommender, create another', {
      cause: this.#failure,
    })
  }

  /** The value of a call's outcome, copied out of the engine's memory by `copy`. */
  #unwrap<Value>(run: (raw: RawEngine) => Outcome<Value>): void
  #unwrap<Value, Copy>(run: (raw: RawEngine) => Outcome<Value>, copy: (value: Value) => Copy): Copy
  #unwrap<Value, Copy>(
    run: (raw: RawEngine) => Outcome<Value>,
    copy?: (value: Value) => Copy,
  ): Copy | undefined {
    const { code, message, value } = this.#call(run)
    if (code !== '') throw new VitrineError(code as VitrineErrorCode, message)
    return copy?.(value)
  }
}
