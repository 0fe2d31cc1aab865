/** The WebAssembly engine: the only file that touches the raw engine and its memory. */
import { type Calibration, readCalibration } from './calibration.js'
import type { RawEngine } from './engine-module.js'
import {
  eventFields,
  itemFields,
  type RawEvent,
  type RawFeatures,
  type Rule,
  row,
  rows,
  rules,
  type Source,
  shopperFields,
  sources,
} from './engine-numbers.js'
import { startModule } from './engine-start.js'
import { VitrineError, type VitrineErrorCode } from './errors.js'
import type { TableOfContents } from './model-file.js'
import { type Precision, precisionOf } from './precision.js'

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
  source: Source
}

/** A list whose last items are explored. */
export interface ExploredRanking extends Ranking {
  propensities: Float32Array
  /** Whether it is of the kind that the file's calibration is fitted to. */
  calibrated: boolean
}

/** What `explain` found: the products of the history, and what each contributes. */
export interface RawExplanation extends Ranking {
  score: number
  base: number
  interaction: number
  listed: boolean
  rule: Rule | undefined
  adapted: number
  without: Uint32Array
  /** What each value of the request's context contributes. */
  context: number[]
}

/** What `adapt` came to. */
export interface RawAdaptation {
  gain: number
  steps: number
  complete: boolean
}

/** What the engine computes with, the slowest first. */
export const kernelKinds = ['scalar', 'simd128', 'relaxed-simd'] as const
export type Kernels = (typeof kernelKinds)[number]

/**
 * One engine has one WebAssembly instance and one model, so that what goes wrong in one leaves the
 * others alone, and an engine that is dropped without close() gives all its memory to the collector.
 */
export class Engine {
  #raw: RawEngine | undefined
  #failure: unknown
  #kernels: Kernels
  #precision: Precision = 'f32'
  #calibration: Calibration | undefined
  #exports: unknown[]

  private constructor(raw: RawEngine, exports: unknown[]) {
    this.#raw = raw
    this.#kernels = raw.simd() ? 'simd128' : 'scalar'
    this.#exports = exports
  }

  static async create(module: WebAssembly.Module): Promise<Engine> {
    const { raw, exports } = await startModule(module)
    return new Engine(raw, exports)
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
    this.#call((raw) => raw.begin(name))
    for (const { name, dtype, shape, begin, end } of tensors) {
      this.#must((raw) => raw.addTensor(name, dtype, shape, begin, end))
    }
    for (const [key, value] of metadata) this.#call((raw) => raw.addMetadata(key, value))
    this.#must((raw) => raw.allocate(bytes))
    this.#precision = precisionOf({ tensors, metadata })
    this.#calibration = readCalibration(name, metadata)
  }

  write(offset: number, chunk: Uint8Array): void {
    this.#call((raw) => {
      // The view is taken anew each time: growing memory detaches the one before.
      raw.payload().set(chunk, offset)
      raw.received(offset, offset + chunk.length)
    })
  }

  open(): void {
    this.#must((raw) => raw.open())
  }

  /** A copy of the open model's bytes [begin, end), the header not counted. */
  read(begin: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#call((raw) => new Uint8Array(raw.payload().subarray(begin, end)))
  }

  get itemCount(): number {
    return this.#call((raw) => raw.itemCount())
  }

  /** Of the latest model's item tables. */
  get precision(): Precision {
    return this.#precision
  }

  /** Of lists that the latest model makes, where its file says. */
  get calibration(): Calibration | undefined {
    return this.#calibration
  }

  get modelName(): string {
    return this.#call((raw) => raw.modelName())
  }

  /** Decodes a tensor of UTF-8 bytes. */
  text(tensor: string): string {
    const bytes = this.#must((raw) => raw.tensor(tensor))
    return new TextDecoder().decode(bytes as Uint8Array)
  }

  /** What the model can be told of a shopper, such as `country=DE`. */
  get contextNames(): string[] {
    const bytes = this.#call((raw) => raw.tensor('gan.context.names'))
    return bytes ? JSON.parse(new TextDecoder().decode(bytes)) : []
  }

  /** The number of the event that a shop calls `name`, if the history has a use for it. */
  eventType(name: string): number | undefined {
    const type = this.#call((raw) => raw.eventType(name))
    return type < 0 ? undefined : type
  }

  track(event: RawEvent): void {
    const { type, item, time, basket, price, quantity, value, context } = event
    this.#must((raw) => raw.track(type, item, time, basket, price, quantity, value, context))
  }

  clear(): void {
    this.#call((raw) => raw.clear())
  }

  /** Every event of the history, ascending in time. */
  events(): RawEvent[] {
    return rows(
      this.#call((raw) => raw.events()),
      eventFields,
    )
  }

  /** `categories`: of all items, or empty. */
  recommend(
    { count, now, repeats, exclude, context }: Request,
    explore: number,
    seed: number,
    categories: Uint32Array,
  ): ExploredRanking {
    this.#must((raw) =>
      raw.recommend(count, now, repeats, exclude, context, explore, seed, categories),
    )
    const propensities = this.#call((raw) => raw.propensities().slice())
    const calibrated = this.#call((raw) => raw.calibrated())
    return { ...this.#ranking(), propensities, calibrated }
  }

  explain(item: number, { count, now, repeats, exclude, context }: Request): RawExplanation {
    this.#must((raw) => raw.explain(item, count, now, repeats, exclude, context))
    const numbers = this.#call((raw) => raw.explanation())
    const [score = 0, base = 0, interaction = 0, listed, rule = 0, adapted = 0, ...told] = numbers
    const without = this.#call((raw) => raw.without().slice())
    const found = { score, base, interaction, listed: listed === 1, adapted, without }
    return { ...this.#ranking(), ...found, rule: rules[rule], context: told }
  }

  /** Learns until there is no more to learn, or `isTime` says to stop; before each step, that is. */
  adapt(isTime: () => boolean): RawAdaptation {
    this.#must((raw) => raw.adaptBegin())
    let steps = 0
    let complete = false
    while (!complete && !isTime()) {
      if (this.#call((raw) => raw.adaptStep())) ++steps
      else complete = true
    }
    return { gain: this.#call((raw) => raw.adaptEnd()), steps, complete }
  }

  adaptation(): Uint8Array<ArrayBuffer> {
    return this.#call((raw) => raw.savedAdaptation().slice())
  }

  restoreAdaptation(bytes: Uint8Array): void {
    this.#must((raw) => raw.restoreAdaptation(bytes))
  }

  resetAdaptation(): void {
    this.#call((raw) => raw.resetAdaptation())
  }

  features(now: number): RawFeatures {
    const numbers = this.#call((raw) => raw.features(now))
    const items = rows(numbers.subarray(shopperFields.length), itemFields)
    return { shopper: row(numbers, shopperFields), items }
  }

  #ranking(): Ranking {
    return this.#call((raw) => ({
      items: raw.items().slice(),
      scores: raw.scores().slice(),
      source: sources[raw.source()] as Source,
    }))
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

  /** The value of a call that fails with `false` or `undefined`. */
  #must<Value>(run: (raw: RawEngine) => Value): Value {
    const value = this.#call(run)
    if (value) return value
    const { code, message } = this.#call((raw) => ({ code: raw.code(), message: raw.message() }))
    throw new VitrineError(code as VitrineErrorCode, message)
  }
}
