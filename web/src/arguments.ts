/** What no caller with types could pass, and numbers that mean nothing: a sentence for each. */
import type { Context, RecommendOptions } from './types.js'

export function checkContext(context: Context): void {
  if (typeof context !== 'object' || context === null) {
    throw new TypeError("context must be an object such as { country: 'DE' }")
  }
}

export function checkExploring(explore: number, seed: number): void {
  if (typeof explore !== 'number') throw new TypeError('explore must be a number')
  if (!(explore >= 0 && explore <= 1)) {
    throw new RangeError(`explore must be a share from 0 to 1; it is ${explore}`)
  }
  if (typeof seed !== 'number') throw new TypeError('seed must be a number')
  if (seed >>> 0 !== seed) {
    throw new RangeError(`seed must be a whole number from 0 to 4294967295; it is ${seed}`)
  }
}

export function checkOptions({ count, exclude, repeats }: RecommendOptions): void {
  if (typeof count !== 'number') throw new TypeError('count must be a number')
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`count must be a whole number above 0; it is ${count}`)
  }
  if (typeof exclude === 'string' || typeof exclude?.[Symbol.iterator] !== 'function') {
    throw new TypeError('exclude must be a list of product ids')
  }
  if (repeats !== undefined && typeof repeats !== 'boolean') {
    throw new TypeError('repeats must be true or false')
  }
}
