/** Recommendations on the shopper's side of the glass. */
export type { Catalogue, Product } from './catalogue.js'
export type { Kernels } from './engine.js'
export { VitrineError, type VitrineErrorCode } from './errors.js'
export type {
  EventItem,
  EventParameters,
  EventType,
  TrackableEvent,
  TrackedEvent,
} from './events.js'
export type { ModelSource, WasmSource } from './load.js'
export type { Precision } from './precision.js'
export { createRecommender, type Recommender } from './recommender.js'
export type { EngineFiles } from './start-engine.js'
export type {
  Adaptation,
  AdaptOptions,
  Context,
  Description,
  Explanation,
  Features,
  ItemFeatures,
  Reason,
  Recommendations,
  RecommendedItem,
  RecommenderOptions,
  RecommendOptions,
  ShopperFeatures,
  TrackResult,
} from './types.js'
