import { parseSync, type ESTree } from 'vite'

/** Attributes and properties of components that users read or that screen readers announce. */
const readable =
  /^(?:aria-(?:label|description|roledescription|valuetext|placeholder)|title|placeholder|alt|label|detail|action|cancel|close|submit|text|failure|beginning)$/
const readableKey = /^(?:title|label|detail)$/
const hasLetter = /\p{L}/u
/** Words after a capitalised one, or one with a full stop. Key names and drawing paths do not match. */
const sentence = /^\P{L}*\p{Lu}[\p{L}’-]*(?:[,:]?\s+\p{L}|[.…!?]$)/u
const macros = new Set(['t', 'plural', 'select', 'selectOrdinal', 'msg', 'defineMessage'])

type Node = ESTree.Node & Record<string, unknown>
type Place = { inFunction: boolean; isRead: boolean }

/**
 * Returns the texts of a source that are in no catalog: JSX text, readable attributes, and sentences anywhere
 * but in errors for developers. Also reports macros outside functions, which would keep the language in which
 * their module was loaded.
 */
export function literalTexts(file: string, code: string): string[] {
  const { program, errors } = parseSync(file, code)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`)
  const faults: string[] = []
  const report = (node: Node, what: string) => {
    const line = code.slice(0, node.start).split('\n').length
    faults.push(`${file}:${line} ${what}`)
  }

  function visit(node: Node, place: Place): void {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'TSLiteralType':
        return
      case 'TaggedTemplateExpression':
      case 'CallExpression': {
        const { tag, callee, ...rest } = node as Record<string, unknown>
        const name = ((tag ?? callee) as Node)['name'] as string
        if (macros.has(name)) {
          if (!place.inFunction) report(node, 'a macro outside a function')
          return
        }
        if (((tag ?? callee) as Node).type === 'Super') return
        // A function's argument is not what an attribute shows.
        visit((tag ?? callee) as Node, { ...place, isRead: false })
        visitChildren(rest, { ...place, isRead: false })
        return
      }
      case 'NewExpression':
        if (/Error$|^MissingPart$/.test(String((node.callee as Node)['name']))) return
        break
      case 'BinaryExpression':
        // A comparison does not show its operands.
        if (node.operator !== '+') return visitChildren(node, { ...place, isRead: false })
        break
      case 'ConditionalExpression':
        visitEach(node.test, { ...place, isRead: false })
        visitEach([node.consequent, node.alternate], place)
        return
      case 'LogicalExpression':
        visitEach(node.left, { ...place, isRead: place.isRead && node.operator !== '&&' })
        visitEach(node.right, place)
        return
      case 'JSXText':
        if (hasLetter.test(node.value)) report(node, node.value.trim())
        return
      case 'JSXAttribute':
        visitEach(node.value, { ...place, isRead: readable.test(String((node.name as Node)['name'])) })
        return
      case 'JSXExpressionContainer':
        visitEach(node.expression, place)
        return
      case 'JSXElement':
      case 'JSXFragment':
        visitEach(node.type === 'JSXElement' ? node.openingElement : null, { ...place, isRead: false })
        visitEach(node.children, { ...place, isRead: true })
        return
      case 'Property':
        visitEach(node.value, { ...place, isRead: readableKey.test(String((node.key as Node)['name'])) })
        return
      case 'Literal':
      case 'TemplateElement': {
        const value = node.type === 'Literal' ? node.value : node.value.cooked
        if (typeof value === 'string' && (place.isRead ? hasLetter : sentence).test(value))
          report(node, value)
        return
      }
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        visitChildren(node, {
          inFunction: true,
          isRead: place.isRead && node.type === 'ArrowFunctionExpression'
        })
        return
      case 'PropertyDefinition':
        visitChildren(node, { ...place, isRead: false })
        return
    }
    visitChildren(node, place)
  }

  function visitChildren(node: object, place: Place): void {
    for (const child of Object.values(node)) visitEach(child, place)
  }

  function visitEach(value: unknown, place: Place): void {
    for (const each of [value].flat()) if (isNode(each)) visit(each, place)
  }

  visitChildren(program, { inFunction: false, isRead: false })
  return faults
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
