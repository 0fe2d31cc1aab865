/** Takes a shopper out of a prepared data set, as the events that a page would have tracked. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

// The stored vocabulary in its order, by names that track() knows.
const eventNames = 'view click cart uncart wish purchase rate review dwell impression'.split(' ')
const noBasket = 0xffffffff

const arrayTypes = {
  U8: Uint8Array,
  U32: Uint32Array,
  F32: Float32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
}

/** The first shopper with a history worth ranking by: 5 to 50 events; else the longest history. */
export function sampleShopper(folder) {
  const { train } = JSON.parse(readFileSync(join(folder, 'dataset.json'), 'utf8'))
  const { id: ids } = JSON.parse(readFileSync(join(folder, 'catalogue.json'), 'utf8'))
  const tensor = openTensors(join(folder, train.shards[0]))
  const bounds = Array.from(tensor('offsets'), Number)
  const lengths = bounds.slice(1).map((end, i) => end - bounds[i])
  const worth = lengths.findIndex((length) => length >= 5 && length <= 50)
  const shopper = worth >= 0 ? worth : lengths.indexOf(Math.max(...lengths))

  const column = (name) => tensor(name).subarray(bounds[shopper], bounds[shopper + 1])
  const [type, item, time] = ['type', 'item', 'time'].map(column)
  const [price, quantity, value, basket] = ['price', 'quantity', 'value', 'basket'].map(column)
  return Array.from(type, (kind, i) => ({
    event: eventNames[kind],
    item_id: ids[item[i]],
    time: Number(time[i]) * 1000,
    price: price[i],
    quantity: quantity[i],
    [eventNames[kind] === 'view' ? 'dwell' : 'value']: value[i],
    ...(basket[i] !== noBasket && { transaction_id: basket[i] }),
  }))
}

function openTensors(file) {
  const bytes = readFileSync(file)
  const { buffer, byteOffset } = bytes
  const start = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.toString('utf8', 8, start))
  return (name) => {
    const [begin, end] = header[name].data_offsets.map((offset) => byteOffset + start + offset)
    return new arrayTypes[header[name].dtype](buffer.slice(begin, end))
  }
}
