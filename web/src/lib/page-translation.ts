/** The element that the browser's translator has put instead of a text node of the app. */
const standIns = new WeakMap<Node, Element>()

/**
 * Lets React and the translators of browsers share the page. A translator takes a text node out, or into a `<font>`;
 * React still holds the node, and would show stale text, or end with an exception when it removes the node or inserts
 * something before it (https://github.com/facebook/react/issues/11538). From here on a node stands for what took its
 * place, and comes back when its text changes.
 */
export function surviveTranslation(): void {
  const changes = new MutationObserver((records) => {
    for (const { target } of records) restore(target)
  })
  const replacements = new MutationObserver((records) => {
    for (const record of records) {
      for (const node of record.removedNodes) {
        const standIn = node instanceof Text && !node.isConnected && standInOf(record)
        if (!standIn) continue
        standIns.set(node, standIn)
        changes.observe(node, { characterData: true })
      }
    }
  })
  replacements.observe(document.documentElement, { childList: true, subtree: true })
  acceptMovedNodes(Node.prototype)
}

/** The element that a node was replaced by: in one step, or by an element that was put beside it first. */
function standInOf({ addedNodes, previousSibling, nextSibling }: MutationRecord): Element | undefined {
  return [...addedNodes, previousSibling, nextSibling].find(
    (node): node is Element => node instanceof Element && node.tagName === 'FONT'
  )
}

/** Restores a node instead of its stand-in. */
function restore(node: Node): void {
  const standIn = standIns.get(node)
  standIns.delete(node)
  if (standIn?.isConnected && !node.isConnected) standIn.parentNode?.replaceChild(node, standIn)
}

function acceptMovedNodes(prototype: Node): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with their node
  const { removeChild, insertBefore } = prototype

  prototype.removeChild = function <Child extends Node>(this: Node, child: Child): Child {
    const at = childAt(this, child)
    standIns.delete(child)
    if (at) removeChild.call(this, at)
    return child
  }

  prototype.insertBefore = function <Child extends Node>(
    this: Node,
    node: Child,
    reference: Node | null
  ): Child {
    return insertBefore.call(this, node, reference && childAt(this, reference)) as Child
  }
}

/** The child of `parent` that is `node`, holds it, or stands for it; null where there is none. */
function childAt(parent: Node, node: Node): Node | null {
  let at: Node | null = node
  while (at && at.parentNode !== parent) at = at.parentNode ?? standIns.get(at) ?? null
  return at
}
