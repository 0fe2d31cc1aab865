/** What crosses to and from the engine as numbers: their meaning, in the engine's order. */

/** Where a list came from. */
export const sources = ['model', 'popular', 'generated'] as const
export type Source = (typeof sources)[number]

/** What keeps a product out of a list. */
export const rules = [undefined, 'excluded', 'repeat'] as const
export type Rule = NonNullable<(typeof rules)[number]>

/** Whether products of the history may come back. */
export const repeatModes = { byModel: 0, exclude: 1, include: 2 } as const

/** Outside orders. */
export const noBasket = 0xffffffff

/** The columns of an event. */
export const eventFields = [
  'type',
  'item',
  'time',
  'basket',
  'price',
  'quantity',
  'value',
  'context',
] as const
/** What is said of the shopper, before all products. */
export const shopperFields = [
  'nEvents',
  'nItems',
  'nVisits',
  'nBaskets',
  'daysKnown',
  'daysSilent',
  'meanPriceBucket',
] as const
/** The columns of what is said of a product. */
export const itemFields = [
  'item',
  'nEvents',
  'nPurchases',
  'nVisits',
  'priceBucket',
  'logCount',
  'logRecency',
  'logDwell',
  'rating',
  'due',
] as const

type Row<Name extends string> = Record<Name, number>
/** `time` in seconds since 1970; `basket` is `noBasket` outside orders. */
export type RawEvent = Row<(typeof eventFields)[number]>
export interface RawFeatures {
  shopper: Row<(typeof shopperFields)[number]>
  items: Row<(typeof itemFields)[number]>[]
}

/** The first numbers by their names. */
export function row<Name extends string>(numbers: Float64Array, names: readonly Name[]): Row<Name> {
  return Object.fromEntries(names.map((name, i) => [name, numbers[i]])) as Row<Name>
}

/** One after another, to the end. */
export function rows<Name extends string>(
  numbers: Float64Array,
  names: readonly Name[],
): Row<Name>[] {
  return Array.from({ length: numbers.length / names.length }, (_, i) =>
    row(numbers.subarray(i * names.length), names),
  )
}
