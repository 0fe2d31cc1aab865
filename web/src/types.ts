/** What the calls of a recommender take and give. */
import type { Product } from './catalogue.js'
import type { Kernels } from './engine.js'
import type { ModelSource, WasmSource } from './load.js'
import type { Precision } from './precision.js'
import type { EngineFiles } from './start-engine.js'

export interface RecommenderOptions {
  /** The file that `vitrine export` wrote: its address (under Node also a path), or its bytes. */
  model: ModelSource
  /**
   * The engine, where a bundler or a server has moved it away from the JavaScript: the address of
   * `engine.wasm`, beside which `kernels.wasm` and `engine-scalar.wasm` lie, or each of them by its
   * own address or bytes. An engine by itself, under another name or as bytes, does without the others.
   */
  wasm?: WasmSource | EngineFiles | undefined
  /**
   * The most that the engine may use of the processor; what the browser lacks it does without. All
   * kinds give the same lists.
   */
  kernels?: Kernels | undefined
  /**
   * Keeps the model on the device (Cache Storage), for visits without a network: the next one asks
   * the server whether it has changed, and downloads it only then. Needs an address as `model`, and
   * a page of https or localhost; elsewhere it changes nothing. The file says nothing of the shopper.
   */
  keepModel?: boolean | undefined
  /** What is known of the shopper; models trained without contexts pass over it. */
  context?: Context | undefined
  /** Gives up loading. */
  signal?: AbortSignal | undefined
  /** The present time, in milliseconds since 1970. */
  now?: (() => number) | undefined
}

/**
 * What the page knows of the shopper without a history: `{ country: 'DE', device: 'phone' }`, by the
 * names of the log that the model was trained on. What the model does not know changes nothing.
 */
export type Context = Readonly<Record<string, string | number>>

export interface RecommendOptions {
  /** How many products, 12 if left out; all where there are fewer. */
  count?: number | undefined
  /** Ids never to be listed; ids that the model does not know change nothing. */
  exclude?: Iterable<string> | undefined
  /** Whether products of the history may come back; the model knows best if left out. */
  repeats?: boolean | undefined
  /** In place of the context that the recommender was made with. */
  context?: Context | undefined
  /**
   * The share of the list, its last slots, given to products of which it is not known yet whether
   * the shopper cares: 0 if left out. What was shown has to be tracked as impressions, GA4's
   * `view_item_list`; what is then viewed, clicked or bought has been answered.
   */
  explore?: number | undefined
  /**
   * Of exploring, a whole number from 0 to 4294967295: the same history and seed give the same list.
   * Left out, it is one that the recommender drew when it was made, so that a page that is drawn again
   * keeps its list.
   */
  seed?: number | undefined
}

export interface RecommendedItem {
  id: string
  /** Higher is better; only comparable within a list. */
  score: number
  /**
   * How likely the shopper is to go on to this product, by what shoppers did with such lists before:
   * what it was trained to foresee, such as a purchase among those of the next order. Comparable
   * between lists and shoppers. Only of the kind of list that it was learnt from: from the history
   * alone, without a context that the model knows and without `adapt`, `repeats` left to the model.
   * Files have it from `vitrine train`, where there were enough shoppers to know; explored products
   * have none.
   */
  probability?: number
  product: Product
  /** Whether the slot was given to exploring. */
  explored?: true
  /**
   * Of a list that explores: how likely it was that this product would stand in this slot, to weigh
   * what comes of it by; 1 in slots that were not given to exploring.
   */
  propensity?: number
}

export interface Recommendations {
  /** Best first. Shorter than asked only where exclusion leaves fewer. */
  items: RecommendedItem[]
  /**
   * `model`: from the shopper's history. `generated`: from behaviour generated for the context, since
   * the history says nothing; `popular`: what sells, where there is no context either.
   */
  source: 'model' | 'generated' | 'popular'
}

/** What a product of the history has to do with another one's place. */
export interface Reason {
  id: string
  /** How much lower the score would be had the shopper had nothing to do with this product. */
  contribution: number
}

/** `score` is `base` + all contributions + `interaction`. */
export interface Explanation {
  id: string
  /** As in the list; higher is better. */
  score: number
  /** The same without a history. */
  base: number
  /** What the products of the history say only together; about 0 for models that add them up. */
  interaction: number
  /**
   * The strongest first, which is by the mean of the contribution and of what the product would add
   * alone; of long histories the latest 256 products.
   */
  reasons: Reason[]
  /** What is known beside the history, `{ name: 'country', value: 'DE' }`, and what that adds. */
  context: { name: string; value: string; contribution: number }[]
  source: 'model' | 'generated' | 'popular'
  /** Of the score: what `adapt()` adds. */
  adapted: number
  /** Whether the list has the product. */
  listed: boolean
  /**
   * What keeps it out of the list, whatever its score: it is to be excluded, or the shopper has had
   * to do with it and products do not repeat.
   */
  rule?: 'excluded' | 'repeat' | undefined
  /**
   * Where it has: products of the history without which it would not. `clear()`, then `track` the
   * rest of the history, and see. Empty where it would take more than 8.
   */
  without: string[]
}

export interface TrackResult {
  /** How many products of the event went into the history. */
  tracked: number
  /** Products that the model does not know, such as newer ones, by id, or by name for want of one. */
  unknown: string[]
}

export interface AdaptOptions {
  /** Milliseconds after which to stop; 16 by default. With 0, the shop's average is taken. */
  budgetMs?: number
}

/** What `adapt` came to. */
export interface Adaptation {
  /** How strongly what is looked at around the shopper's products now counts. */
  gain: number
  /** How many moments of the history it learnt from. */
  steps: number
  /** Whether that was all that there is to learn. */
  complete: boolean
}

export interface Description {
  /** The kind of model, such as `vae` or `linear`. */
  model: string
  /** How many products it ranks. */
  items: number
  /** The model file's length. */
  bytes: number
  /** How the file keeps the products' vectors or weights. */
  precision: Precision
  /** What the engine computes with. */
  kernels: Kernels
}

/** What the history says of one product; see `Recommender.features`. */
export interface ItemFeatures {
  id: string
  nEvents: number
  nPurchases: number
  nVisits: number
  /** Rank of the last known price among the shop's prices; -1 where unknown. */
  priceBucket: number
  /** Standardised logarithm of the number of events. */
  logCount: number
  /** Standardised logarithm of the days since the last event. */
  logRecency: number
  /** Standardised logarithm of the seconds on the product's page. */
  logDwell: number
  /** The last rating minus the shopper's mean. */
  rating: number
  /** Days since the last purchase over the days expected between two; 0 without a purchase. */
  due: number
}

/** What the history says of the shopper. */
export interface ShopperFeatures {
  nEvents: number
  nItems: number
  nVisits: number
  nBaskets: number
  daysKnown: number
  daysSilent: number
  meanPriceBucket: number
}

export interface Features {
  /** Every distinct product of the history, in the order of the catalogue. */
  items: ItemFeatures[]
  shopper: ShopperFeatures
}
