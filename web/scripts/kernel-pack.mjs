/**
 * Holds the kernel pack to what it must be, since it computes in the memory of an engine that knows
 * nothing of it: data or a stack of its own would lie over the engine's.
 */
import { Failure } from './run.mjs'

const sectionNames = { 2: 'import', 5: 'memory', 8: 'start', 9: 'element', 11: 'data' }
const importKinds = ['function', 'table', 'memory', 'global']

/** `object` is what the compiler wrote: the linker defines a stack pointer whether or not it is used. */
export function checkKernelPack(object, pack) {
  const wants = (file, allowed) => {
    for (const name of importsOf(file)) {
      if (!allowed.includes(name)) throw new Failure(`The kernel pack wants ${name}.`)
    }
  }
  wants(object, ['memory env.__linear_memory', 'table env.__indirect_function_table'])
  wants(pack, ['memory env.memory'])
  for (const file of [object, pack]) {
    for (const { id } of sections(file)) {
      const name = sectionNames[id]
      if (name && name !== 'import') throw new Failure(`The kernel pack has a ${name} section.`)
    }
  }
}

function* sections(bytes) {
  for (const reader = new Reader(bytes, 8); reader.at < bytes.length; ) {
    const id = bytes[reader.at++]
    const length = reader.number()
    yield { id, start: reader.at }
    reader.at += length
  }
}

/** As "kind module.name". */
function importsOf(bytes) {
  const found = [...sections(bytes)].find(({ id }) => sectionNames[id] === 'import')
  if (!found) return []
  const reader = new Reader(bytes, found.start)
  return Array.from({ length: reader.number() }, () => {
    const module = reader.text()
    const name = reader.text()
    const kind = importKinds[bytes[reader.at++]]
    reader.skipDescription(kind)
    return `${kind} ${module}.${name}`
  })
}

class Reader {
  constructor(bytes, at) {
    this.bytes = bytes
    this.at = at
  }

  /** An unsigned LEB128. */
  number() {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++]
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }

  text() {
    const length = this.number()
    this.at += length
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at))
  }

  skipDescription(kind) {
    if (kind === 'function') this.number()
    if (kind === 'global') this.at += 2
    if (kind === 'table') ++this.at
    if (kind === 'table' || kind === 'memory') {
      const hasMaximum = this.number() & 1
      this.number()
      if (hasMaximum) this.number()
    }
  }
}
