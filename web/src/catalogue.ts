/** The shop's products, as they travel inside every model file: JSON, column by column. */
import { VitrineError } from './errors.js'

/** A product; what the shop does not know is left out. */
export interface Product {
  readonly id: string
  readonly title?: string
  readonly category?: string
  readonly brand?: string
  /** The address of a picture, relative to the shop's pages. */
  readonly image?: string
  /** In the shop's currency. */
  readonly price?: number
  /** Pieces. */
  readonly stock?: number
}

const columnTypes = {
  title: 'string',
  category: 'string',
  brand: 'string',
  image: 'string',
  price: 'number',
  stock: 'number',
} as const

type Column = keyof typeof columnTypes

/** Every product of the model, in the model's order. */
export class Catalogue implements Iterable<Product> {
  readonly #ids: readonly string[]
  readonly #indices: ReadonlyMap<string, number>
  readonly #columns: readonly [Column, readonly unknown[]][]

  /** @internal */
  constructor(json: string, itemCount: number) {
    let parsed: Record<string, unknown>
    try {
      parsed = JSON.parse(json)
    } catch (cause) {
      throw damaged('it is not JSON', cause)
    }
    const column = (name: string, type: string) => {
      const values = parsed[name]
      const fits =
        Array.isArray(values) &&
        values.length === itemCount &&
        values.every((value) => typeof value === type)
      if (!fits) throw damaged(`'${name}' is not a list of ${itemCount} ${type}s`)
      return values
    }
    if (typeof parsed !== 'object' || parsed === null) throw damaged('it is not an object')
    this.#ids = column('id', 'string')
    this.#columns = Object.entries(columnTypes)
      .filter(([name]) => parsed[name] !== undefined)
      .map(([name, type]) => [name as Column, column(name, type)])
    this.#indices = new Map(this.#ids.map((id, index) => [id, index]))
    if (this.#indices.size !== itemCount) throw damaged('two products have the same id')
  }

  get size(): number {
    return this.#ids.length
  }

  has(id: string): boolean {
    return this.#indices.has(id)
  }

  get(id: string): Product | undefined {
    const index = this.#indices.get(id)
    return index === undefined ? undefined : this.at(index)
  }

  *[Symbol.iterator](): Iterator<Product> {
    for (let index = 0; index < this.size; index++) yield this.at(index)
  }

  /**
   * @internal The category of each product, numbered as they first occur; nothing where the shop has
   * none.
   */
  categories(): Uint32Array {
    const [, names = []] = this.#columns.find(([name]) => name === 'category') ?? []
    const numbers = new Map([...new Set(names)].map((name, number) => [name, number]))
    return Uint32Array.from(names, (name) => numbers.get(name) as number)
  }

  /** @internal */
  indexOf(id: string): number | undefined {
    return this.#indices.get(id)
  }

  /** @internal */
  at(index: number): Product {
    const product: Record<string, unknown> = { id: this.#ids[index] }
    for (const [name, values] of this.#columns) {
      if (isKnown(name, values[index])) product[name] = values[index]
    }
    return product as unknown as Product
  }
}

/** The file marks what is unknown by empty text, a price of 0 and a negative stock. */
function isKnown(name: Column, value: unknown): boolean {
  if (name === 'price') return (value as number) > 0
  if (name === 'stock') return (value as number) >= 0
  return value !== ''
}

function damaged(what: string, cause?: unknown): VitrineError {
  const message = `the model's catalogue is damaged: ${what}; export the model again`
  return new VitrineError('bad-format', message, { cause })
}
