/** What a shopper does, in the words that shops already use, turned into the words of the model. */

/** Kinds of events in the history, in the engine's order. */
export const eventTypes = [
  'view',
  'click',
  'cart',
  'uncart',
  'wish',
  'purchase',
  'rate',
  'review',
  'dwell',
  'impression',
] as const

export type EventType = (typeof eventTypes)[number]

/** A product of an event, as in GA4's `items`; fields that are not named here are passed over. */
export interface EventItem {
  item_id?: string | number
  id?: string | number
  /** Per piece; text as well as numbers. */
  price?: number | string
  quantity?: number | string
  /** The rating of a `rate` event. */
  value?: number | string
  /** The seconds that the product was looked at, with a `view` or a `dwell`. */
  dwell?: number | string
  [field: string]: unknown
}

/** The fields of an event beside its name. */
export interface EventParameters extends EventItem {
  items?: readonly EventItem[]
  transaction_id?: string | number
  /** What GA4 says instead of `dwell`, with `user_engagement`. */
  engagement_time_msec?: number | string
  /** When it happened; now if left out. A Date, or milliseconds since 1970. */
  time?: Date | number
  timestamp_micros?: number | string
}

/** An event of the history. */
export interface TrackedEvent {
  type: EventType
  id: string
  /** Milliseconds since 1970, to the second. */
  time: number
  price?: number
  quantity?: number
  /** The rating of a `rate`, the seconds of a `view` or a `dwell`. */
  value?: number
}

/**
 * An event: an object of GA4's data layer, with its products under `ecommerce` or beside the name,
 * the arguments of a `gtag` call, one product's own fields
 * (`{ event: 'rate', item_id: 'SKU-1', value: 4 }`), or an event of an earlier `history()`.
 */
export type TrackableEvent =
  | (EventParameters & { event?: string; ecommerce?: EventParameters | null })
  | readonly [command: string, name?: unknown, parameters?: unknown]
  | IArguments
  | TrackedEvent

/** One thing done to one product. */
export interface ShopEvent {
  /** An index into `eventTypes`. */
  type: number
  /** The product's id. */
  id: string
  /** Milliseconds since 1970. */
  time: number
  price: number
  quantity: number
  value: number
  /** The order that a purchase belongs to. */
  order: string | undefined
}

/**
 * One event per product; none where `input` says nothing of a product. `typeOf` knows events by
 * name.
 */
export function readEvent(
  input: TrackableEvent,
  typeOf: (name: string) => number | undefined,
  now: () => number,
): ShopEvent[] {
  const { name, parameters } = unpack(input)
  const type = name === undefined ? undefined : typeOf(name)
  if (type === undefined) return []
  const items = parameters.items ?? (idOf(parameters) === undefined ? [] : [parameters])
  if (!Array.isArray(items)) throw new TypeError(`${name}: items must be a list`)

  const time = timeOf(parameters) ?? now()
  const kind = eventTypes[type]
  const order = parameters.transaction_id
  return items.map((item: EventItem, index) => {
    return {
      type,
      // GA4 lets a product have a name instead of an id: no model knows it, and `unknown` tells.
      id: idOf(item) ?? `${item?.item_name ?? `items[${index}]`}`,
      time,
      price: numberOf(item?.price) ?? 0,
      quantity: numberOf(item?.quantity) ?? 1,
      value: eventValue[kind as keyof typeof eventValue]?.(item, parameters) ?? 0,
      order: kind === 'purchase' && order != null ? `${order}` : undefined,
    }
  })
}

function unpack(input: TrackableEvent): { name?: string; parameters: EventParameters } {
  if (typeof input === 'function') return { parameters: {} } // as tag managers push them
  if (typeof input !== 'object' || input === null) {
    throw new TypeError(
      "track takes an event: { event: 'view_item', ecommerce: { items: [{ item_id: 'SKU-1' }] } }",
    )
  }
  if ('event' in input && typeof input.event === 'string') {
    const { event, ecommerce, ...parameters } = input
    return { name: event, parameters: { ...parameters, ...ecommerce } }
  }
  if ('type' in input && typeof input.type === 'string' && 'id' in input) {
    const { type, ...parameters } = input as TrackedEvent
    const { value } = parameters
    return {
      name: type,
      parameters: value === undefined ? parameters : { ...parameters, dwell: value },
    }
  }
  const [command, name, parameters] = Array.from(input as ArrayLike<unknown>)
  if (command !== 'event' || typeof name !== 'string') return { parameters: {} }
  return { name, parameters: (parameters ?? {}) as EventParameters }
}

function idOf(item: EventItem | null | undefined): string | undefined {
  const id = item?.item_id ?? item?.id
  return typeof id === 'string' || typeof id === 'number' ? `${id}` : undefined
}

/**
 * Prices and quantities arrive as text as often as not; what is no number, or none that the
 * engine's 32 bits can hold, is unknown.
 */
function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(Math.fround(number)) ? number : undefined
}

/** The number that an event carries, where its kind has one. */
const eventValue = {
  rate(item: EventItem, { value }: EventParameters): number {
    const rating = numberOf(item.value) ?? numberOf(value)
    if (rating === undefined) throw new TypeError('rate: value must be the rating, a number')
    return rating
  },
  // GA4's `value` is money there, so the seconds have a name of their own.
  view: (item: EventItem, { dwell }: EventParameters) => numberOf(item.dwell) ?? numberOf(dwell),
  dwell(item: EventItem, { dwell, engagement_time_msec }: EventParameters) {
    const milliseconds = numberOf(engagement_time_msec)
    const seconds = numberOf(item.dwell) ?? numberOf(dwell) ?? numberOf(item.value)
    return milliseconds === undefined ? seconds : milliseconds / 1000
  },
}

const maxTime = 8.64e15 // milliseconds; what a Date can hold

function timeOf({ time, timestamp_micros }: EventParameters): number | undefined {
  if (time === undefined && timestamp_micros === undefined) return undefined
  const milliseconds = time === undefined ? Number(timestamp_micros) / 1000 : Number(time)
  if (Math.abs(milliseconds) <= maxTime) return milliseconds
  throw new RangeError('time must be a Date or milliseconds since 1970')
}
