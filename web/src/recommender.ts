/** One shopper's recommender: what the shopper did, and lists made from it, on the device. */
/// <reference lib="esnext.disposable" preserve="true" />
import { checkContext, checkExploring, checkOptions } from './arguments.js'
import { Catalogue } from './catalogue.js'
import { type Engine, kernelKinds, type Request } from './engine.js'
import { noBasket, repeatModes } from './engine-numbers.js'
import { VitrineError } from './errors.js'
import {
  type EventType,
  eventTypes,
  readEvent,
  type TrackableEvent,
  type TrackedEvent,
} from './events.js'
import { type ModelSource, openModel } from './load.js'
import { openKeptModel } from './model-cache.js'
import { loadModel } from './model-file.js'
import { startEngine } from './start-engine.js'
import type {
  Adaptation,
  AdaptOptions,
  Context,
  Description,
  Explanation,
  Features,
  Recommendations,
  RecommendedItem,
  RecommenderOptions,
  RecommendOptions,
  TrackResult,
} from './types.js'

const none = new Uint32Array()

/** Loads the engine and the model. Rejects with a `VitrineError` whose `code` says why. */
export async function createRecommender(options: RecommenderOptions): Promise<Recommender> {
  const {
    model,
    wasm,
    kernels = 'relaxed-simd',
    signal,
    now,
    keepModel = false,
    context,
  } = options ?? {}
  if (model === undefined) {
    throw new TypeError("model is missing: createRecommender({ model: '/store.safetensors' })")
  }
  if (!kernelKinds.includes(kernels)) {
    throw new TypeError(`kernels must be one of ${kernelKinds.join(', ')}`)
  }
  signal?.throwIfAborted()
  const opening =
    keepModel && isAddress(model) && globalThis.caches
      ? openKeptModel(model, signal)
      : openModel(model, signal).then((file) => (engine: Engine) => loadModel(file, engine))
  opening.catch(() => {}) // reported below, once the engine is there
  const engine = await startEngine(wasm, kernels, signal)
  try {
    const load = await opening
    const { bytes } = await load(engine)
    return new Recommender(engine, bytes, now ?? Date.now, context)
  } catch (error) {
    engine.close()
    throw error
  }
}

function isAddress(source: ModelSource): source is string | URL {
  return typeof source === 'string' || source instanceof URL
}

/** Made by `createRecommender`. */
export class Recommender {
  readonly #engine: Engine
  readonly #bytes: number
  readonly #now: () => number
  readonly #contextNames: string[]
  readonly #context: Context
  readonly #orders = new Map<string, number>()
  readonly #seed = Math.floor(Math.random() * 2 ** 32)
  #came = Infinity // when the first event was, in milliseconds
  #categories: Uint32Array | undefined
  /** The products that the model ranks. */
  readonly catalogue: Catalogue

  /** @internal */
  constructor(engine: Engine, bytes: number, now: () => number, context: Context = {}) {
    checkContext(context)
    this.#engine = engine
    this.#bytes = bytes
    this.#now = now
    this.#context = context
    this.#contextNames = engine.contextNames
    this.catalogue = new Catalogue(engine.text('catalogue'), engine.itemCount)
  }

  /**
   * Adds an event to the history; the next list reflects it. Events have the names that GA4 and
   * others give them. What is not about products is passed over, so that a whole data layer can be
   * sent through.
   */
  track(event: TrackableEvent): TrackResult {
    const unknown: string[] = []
    const typeOf = (name: string) => this.#engine.eventType(name)
    const events = readEvent(event, typeOf, this.#now)
    for (const { type, id, time, price, quantity, value, order } of events) {
      const item = this.catalogue.indexOf(id)
      if (item === undefined) {
        unknown.push(id)
        continue
      }
      this.#came = Math.min(this.#came, time)
      this.#engine.track({
        type,
        item,
        time: time / 1000,
        basket: order === undefined ? noBasket : this.#basketOf(order),
        price,
        quantity,
        value,
        context: 0,
      })
    }
    return { tracked: events.length - unknown.length, unknown }
  }

  /** Ranks the products for the shopper, from the history as it is at the time of the call. */
  async recommend(options: RecommendOptions = {}): Promise<Recommendations> {
    const { explore = 0, seed = this.#seed } = options
    checkExploring(explore, seed)
    const request = this.#request(options)
    if (explore > 0) this.#categories ??= this.catalogue.categories()
    const categories = explore > 0 ? this.#categories : none
    const ranking = this.#engine.recommend(request, explore, seed, categories ?? none)
    const { items, scores, source, calibrated, propensities } = ranking
    const certain = items.length - propensities.length
    const likely = calibrated ? this.#engine.calibration : undefined
    // Written out: spreading what may be absent takes as long as a tenth of a small shop's list.
    const recommended = Array.from(items, (index, place) => {
      const product = this.catalogue.at(index)
      const item: RecommendedItem = { id: product.id, score: scores[place] as number, product }
      if (place >= certain) item.explored = true
      else if (likely) item.probability = likely(item.score, place + 1)
      if (explore > 0) item.propensity = propensities[place - certain] ?? 1
      return item
    })
    return { items: recommended, source }
  }

  /**
   * Why the list that `recommend` gives with the same options, but for exploring, has a product, or
   * has not: what each product of the history and each value of the context adds to its score, and
   * without which products it would not be listed.
   */
  async explain(id: string, options: RecommendOptions = {}): Promise<Explanation> {
    const index = this.catalogue.indexOf(id)
    if (index === undefined) {
      throw new VitrineError('not-found', `the model knows no product '${id}' to explain`)
    }
    const request = this.#request(options)
    const { items, scores, without, context, ...explained } = this.#engine.explain(index, request)
    return {
      id,
      ...explained,
      reasons: Array.from(items, (item, at) => ({
        id: this.catalogue.at(item).id,
        contribution: scores[at] as number,
      })),
      context: context.map((contribution, at) => {
        const [name = '', value = ''] =
          this.#contextNames[request.context[at] as number]?.split('=') ?? []
        return { name, value, contribution }
      }),
      without: Array.from(without, (item) => this.catalogue.at(item).id),
    }
  }

  /**
   * Learns from the history what the model does not know of this shopper, for lists from now on;
   * every further `track` is followed. Stops after `budgetMs`, at 16 a frame, with what it has by
   * then; what was learnt before stands where that is nothing. The model file is not touched.
   */
  async adapt({ budgetMs = 16 }: AdaptOptions = {}): Promise<Adaptation> {
    if (typeof budgetMs !== 'number') throw new TypeError('budgetMs must be a number')
    if (!(budgetMs >= 0)) throw new RangeError(`budgetMs must be 0 or more; it is ${budgetMs}`)
    const start = performance.now()
    return this.#engine.adapt(() => performance.now() - start >= budgetMs)
  }

  /**
   * What `adapt` learnt, some hundred bytes to keep beside the history; none where it learnt nothing.
   * It fits the model file that it was learnt with.
   */
  adaptation(): Uint8Array<ArrayBuffer> {
    return this.#engine.adaptation()
  }

  /** Takes up what `adaptation` gave. Throws a `VitrineError`, and changes nothing, where it cannot. */
  restoreAdaptation(adaptation: Uint8Array): void {
    if (!(adaptation instanceof Uint8Array)) throw new TypeError('an adaptation is a Uint8Array')
    this.#engine.restoreAdaptation(adaptation)
  }

  /** Forgets what `adapt` learnt: lists are the model's own again. */
  resetAdaptation(): void {
    this.#engine.resetAdaptation()
  }

  #request(options: RecommendOptions): Request {
    if (Object(options) !== options) throw new TypeError('options must be an object: { count: 12 }')
    const { count = 12, exclude = [], repeats, context = this.#context } = options
    checkContext(context)
    checkOptions({ count, exclude, repeats })
    const excluded = Array.from(exclude, (id) => this.catalogue.indexOf(id))
    const mode = repeats === undefined ? 'byModel' : repeats ? 'include' : 'exclude'
    const now = this.#now()
    return {
      count,
      now: now / 1000,
      repeats: repeatModes[mode],
      exclude: Uint32Array.from(excluded.filter((index) => index !== undefined)),
      context:
        this.#contextNames.length === 0 ? none : this.#placesOf(context, Math.min(this.#came, now)),
    }
  }

  /** What is known of the shopper, as places in the model's names of it, ascending. */
  #placesOf(context: Context, came: number): Uint32Array {
    const told = Object.entries(context).map(([name, value]) => `${name}=${value}`)
    if (!('month' in context)) {
      // Months are in their order in time; the last one known that has begun holds.
      const month = `month=${new Date(came).toISOString().slice(0, 7)}`
      const months = this.#contextNames.filter((name) => name.startsWith('month=') && name <= month)
      told.push(...months.slice(-1))
    }
    const places = told.map((name) => this.#contextNames.indexOf(name))
    return Uint32Array.from(new Set(places.filter((place) => place >= 0))).sort()
  }

  /** Everything that the recommender knows of the shopper, oldest first. */
  history(): TrackedEvent[] {
    return this.#engine.events().map(({ type, item, time, price, quantity, value }) => ({
      type: eventTypes[type] as EventType,
      id: this.catalogue.at(item).id,
      time: time * 1000,
      ...(price > 0 && { price: Number(price.toPrecision(7)) }), // kept as a 32-bit number
      ...(quantity !== 1 && { quantity }),
      ...(value !== 0 && { value }),
    }))
  }

  /** Forgets the history, and what was learnt from it. */
  clear(): void {
    this.#engine.clear()
    this.#orders.clear()
    this.#came = Infinity
  }

  /** What the history says in numbers, as models see it. */
  features(): Features {
    const { items, shopper } = this.#engine.features(this.#now() / 1000)
    return {
      items: items.map(({ item, ...features }) => ({
        id: this.catalogue.at(item).id,
        ...features,
      })),
      shopper,
    }
  }

  describe(): Description {
    return {
      model: this.#engine.modelName,
      items: this.catalogue.size,
      bytes: this.#bytes,
      precision: this.#engine.precision,
      kernels: this.#engine.kernels,
    }
  }

  /** Frees the model. Closing twice does nothing; every other call then throws. */
  close(): void {
    this.#engine.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #basketOf(order: string): number {
    const known = this.#orders.get(order) ?? this.#orders.size
    this.#orders.set(order, known)
    return known
  }
}
