/** Our own package, as a page uses it. */
import { createRecommender } from '../../../../dist/index.js'

export async function create({ address, file, listLength }) {
  const vitrine = await createRecommender({ model: address(file) })
  const click = (item) => vitrine.track({ event: 'view_item', items: [{ item_id: `${item}` }] })
  return {
    start(history) {
      vitrine.clear()
      for (const item of history) click(item)
    },
    click,
    async list() {
      const { items } = await vitrine.recommend({ count: listLength })
      return items.map(({ id }) => Number(id))
    },
  }
}
