/** What bindings/engine.cc exposes, by the same names. A test compares the two. */

/** An empty code is success. A memory view in `value` holds until the next call. */
export interface Outcome<Value = undefined> {
  code: string
  message: string
  value: Value
}

export interface RawEvent {
  type: number
  item: number
  /** Seconds since 1970. */
  time: number
  /** Order number; 0xffffffff outside orders. */
  basket: number
  price: number
  quantity: number
  value: number
  context: number
}

export interface RawRanking {
  items: Uint32Array
  scores: Float32Array
  popular: boolean
  generated: boolean
}

export interface RawExplanation {
  score: number
  base: number
  interaction: number
  /** Products of the history, and what each contributes. */
  items: Uint32Array
  contributions: Float32Array
  popular: boolean
  listed: boolean
  without: Uint32Array
}

export interface RawItemFeatures {
  item: number
  nEvents: number
  nPurchases: number
  nVisits: number
  priceBucket: number
  logCount: number
  logRecency: number
  logDwell: number
  rating: number
  due: number
}

export interface RawShopperFeatures {
  nEvents: number
  nItems: number
  nVisits: number
  nBaskets: number
  daysKnown: number
  daysSilent: number
  meanPriceBucket: number
}

export interface RawFeatures {
  items: RawItemFeatures[]
  shopper: RawShopperFeatures
}

export interface RawTensor {
  name: string
  dtype: string
  shape: number[]
  begin: number
  end: number
}

export interface RawEngine {
  simd(): boolean
  areKernelsRight(): boolean
  /** Places of the engine's table; false where the functions there do not give known answers. */
  setCoarseKernels(int8: number, int4: number): boolean
  begin(name: string, bytes: number, tensors: RawTensor[], metadata: [string, string][]): Outcome
  payload(): Uint8Array
  received(begin: number, end: number): void
  open(): Outcome
  knowsContext(): boolean
  itemCount(): number
  modelName(): string
  tensor(name: string): Outcome<Uint8Array>
  /** -1 for an event that the history has no use for. */
  eventType(name: string): number
  track(event: RawEvent): Outcome
  clear(): void
  eventCount(): number
  eventAt(index: number): RawEvent
  /** `repeats`: 0 by model, 1 exclude, 2 include. */
  recommend(
    count: number,
    now: number,
    repeats: number,
    exclude: Uint32Array,
    context: Uint32Array,
  ): Outcome<RawRanking>
  explain(
    item: number,
    count: number,
    now: number,
    repeats: number,
    exclude: Uint32Array,
  ): Outcome<RawExplanation>
  features(now: number): RawFeatures
  delete(): void
}

export interface EngineModule {
  Engine: new () => RawEngine
}

export interface EngineOptions {
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object
}

export type CreateModule = (options: EngineOptions) => Promise<EngineModule>
