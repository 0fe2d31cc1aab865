/** The best k of many scores, by a heap whose root is the worst of them. Ties go by index. */
export class TopK {
  #items
  #scores

  constructor(k) {
    this.#items = new Uint32Array(k)
    this.#scores = new Float32Array(k)
  }

  /** Their indices, best first. */
  of(scores) {
    const items = this.#items
    const kept = this.#scores
    items.fill(scores.length) // after every real index, so that the first ones win ties
    kept.fill(Number.NEGATIVE_INFINITY)
    let worst = Number.NEGATIVE_INFINITY
    for (let i = 0; i < scores.length; ++i) {
      if (scores[i] > worst) {
        replaceRoot(items, kept, items.length, i, scores[i])
        worst = kept[0]
      }
    }
    for (let n = items.length - 1; n > 0; --n) {
      const item = items[0]
      const score = kept[0]
      replaceRoot(items, kept, n, items[n], kept[n])
      items[n] = item
      kept[n] = score
    }
    return items.slice()
  }
}

/** Puts an entry in the place of the root, then down to where it belongs among the first n. */
function replaceRoot(items, scores, n, item, score) {
  let at = 0
  for (let child = 1; child < n; child = 2 * at + 1) {
    const other = child + 1
    if (other < n && isWorse(items[other], scores[other], items[child], scores[child]))
      child = other
    if (isWorse(item, score, items[child], scores[child])) break
    items[at] = items[child]
    scores[at] = scores[child]
    at = child
  }
  items[at] = item
  scores[at] = score
}

function isWorse(item, score, otherItem, otherScore) {
  return score < otherScore || (score === otherScore && item > otherItem)
}
