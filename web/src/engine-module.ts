/** What bindings/engine.cc exposes, by the same names. A test compares the two. */

/** `false` is a failure, which `code` and `message` tell. A memory view holds until the next call. */
export interface RawEngine {
  simd(): boolean
  areKernelsRight(): boolean
  /** Places of the engine's table; false where the functions there do not give known answers. */
  setCoarseKernels(int8: number, int4: number): boolean
  begin(name: string): void
  addTensor(name: string, dtype: string, shape: number[], begin: number, end: number): boolean
  addMetadata(key: string, value: string): void
  allocate(bytes: number): boolean
  payload(): Uint8Array
  received(begin: number, end: number): void
  open(): boolean
  code(): string
  message(): string
  itemCount(): number
  modelName(): string
  /** undefined is a failure. */
  tensor(name: string): Uint8Array | undefined
  /** -1 for an event that the history has no use for. */
  eventType(name: string): number
  /** `time` in seconds since 1970; `basket` is 0xffffffff outside orders. */
  track(
    type: number,
    item: number,
    time: number,
    basket: number,
    price: number,
    quantity: number,
    value: number,
    context: number,
  ): boolean
  clear(): void
  /** Of each event the arguments of `track`. */
  events(): Float64Array
  /**
   * `repeats`: 0 by model, 1 exclude, 2 include; `explore`: a share of the slots; `categories`: of
   * all items, or empty.
   */
  recommend(
    count: number,
    now: number,
    repeats: number,
    exclude: Uint32Array,
    context: Uint32Array,
    explore: number,
    seed: number,
    categories: Uint32Array,
  ): boolean
  items(): Uint32Array
  scores(): Float32Array
  /** Of the explored items, which are the last. */
  propensities(): Float32Array
  /** 0 model, 1 popular, 2 generated. */
  source(): number
  /** Whether the list is of the kind that the file's calibration is fitted to. */
  calibrated(): boolean
  /** Then `items` and `scores` are those of the history. */
  explain(
    item: number,
    count: number,
    now: number,
    repeats: number,
    exclude: Uint32Array,
    context: Uint32Array,
  ): boolean
  /** Score, base, interaction; whether it is listed; what each value of the context contributes. */
  explanation(): Float64Array
  without(): Uint32Array
  adaptBegin(): boolean
  /** Whether there may be more to learn. */
  adaptStep(): boolean
  /** The gain. Without this call what was learnt before stays. */
  adaptEnd(): number
  /** Empty where nothing was learnt. */
  savedAdaptation(): Uint8Array
  restoreAdaptation(bytes: Uint8Array): boolean
  resetAdaptation(): void
  /** Of the shopper `shopperFeatures`, then of each product `itemFeatures` (engine.ts). */
  features(now: number): Float64Array
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
