/** No contender, but their floor: reads as many bytes as a list must, at the speed of one thread. */
export async function create({ load, bytes }) {
  const pages = Math.ceil(bytes / 65536) + 1
  const memory = new WebAssembly.Memory({ initial: pages })
  new Uint8Array(memory.buffer).fill(1) // or no page would be there to read
  const { instance } = await WebAssembly.instantiate(await load('stream.wasm'), { env: { memory } })
  const end = Math.ceil(bytes / 128) * 128
  return {
    start() {},
    click() {},
    list: () => [instance.exports.stream(end)],
  }
}
