/** A module's style sheet: the classes it defines, and what in it is not made of tokens. */
export type StyleSheet = { classes: Set<string>; faults: string[] }

const spacing = /^(?:margin|padding|inset|gap|row-gap|column-gap|top|right|bottom|left)(?:-|$)/
const colour =
  /^(?:color|fill|stroke|(?:background|outline|accent|caret|text-decoration)-color|border(?:-\w+)*-color)$/
const painted = /^(?:background|border|outline|box-shadow|text-decoration)(?:-|$)/
const timed = /^(?:transition|animation)(?:-|$)/

const length = /-?\d*\.?\d+(?:px|rem|em|ch|v[hw]|dv[hw]|pt)\b/g
const colourFunction = /#[\da-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\((?!var\()/i
const colourName =
  /\b(?:black|white|gr[ae]y|silver|red|maroon|orange|yellow|gold|olive|lime|green|teal|aqua|cyan|blue|navy|purple|fuchsia|magenta|pink|brown|beige|ivory|tan)\b/
/** System colours are written with a capital. */
const plainColour = /^(?:(?:oklch\()?var\(--.*\)|transparent|currentColor|inherit|none|[A-Z]\w+)$/

/** Reads a style sheet. Values come from `tokens.css`; 0, percentages and lines of 1 px need no token. */
export function readStyles(css: string): StyleSheet {
  const code = css.replaceAll(/\/\*[^]*?\*\//g, '')
  const classes = new Set<string>()
  for (const [, selector] of code.matchAll(/(?<=^|[{};])([^{};]+)\{/g)) {
    if (selector!.trim().startsWith('@')) continue
    for (const [, name] of selector!.matchAll(/\.([A-Za-z_][\w-]*)/g)) classes.add(name!)
  }
  const faults = [...code.matchAll(/(?<=[{;]\s*)([\w-]+):\s*([^;{}]+);/g)].flatMap(([, property, value]) =>
    isMadeOfTokens(property!, value!.trim()) ? [] : [`${property}: ${value!.trim()}`]
  )
  if (/:global|\bcomposes\s*:/.test(code)) faults.push('a module has no :global and no composes')
  return { classes, faults }
}

function isMadeOfTokens(property: string, value: string): boolean {
  // What is switched off for those who want less motion.
  if (value.endsWith('!important')) return true
  if (colourFunction.test(value)) return false
  if (colour.test(property)) return plainColour.test(value)
  if (painted.test(property) && colourName.test(value.replaceAll(/var\([^)]*\)/g, ''))) return false
  // Emoji are as large as the text around them asks for.
  if (property === 'font-size')
    return /^(?:var\(--[\w-]+(?:, inherit)?\)|calc\(var\(--[\w-]+\) \* [\d.]+\)|[\d.]+em)$/.test(value)
  if (property === 'font') return lengthsOf(value).length === 0 && !/\b\d{3}\b/.test(value)
  if (property === 'font-weight') return /^var\(--weight-\w+\)$/.test(value)
  if (property.endsWith('radius'))
    return value.split(/\s+/).every((part) => /^(?:var\(--radius-\w+\)|0|\d+%)$/.test(part))
  if (property === 'z-index') return /^var\(--layer-\w+\)$/.test(value)
  if (timed.test(property)) return !/\d(?:ms|s)\b/.test(value)
  if (property.startsWith('--'))
    return lengthsOf(value).every((each) => each.endsWith('em') && !each.endsWith('rem'))
  if (spacing.test(property)) return lengthsOf(value).length === 0
  return true
}

/** Returns the lengths that are not tokens; 1 px is a line and allowed. */
function lengthsOf(value: string): string[] {
  return (value.match(length) ?? []).filter((each) => !/^-?1px$/.test(each))
}

/**
 * Returns which classes of which modules a component uses, and where it names a class in another way. The build replaces
 * `styles.name` with a class name, so a module is imported as `styles`, or with that suffix, and has no other use.
 */
export function readComponent(code: string): {
  modules: { path: string; classes: Set<string> }[]
  faults: string[]
} {
  const faults: string[] = []
  const modules = [...code.matchAll(/^import (\w+) from '([^']+\.module\.css)'/gm)].map(([, name, path]) => {
    if (!/^(?:styles|\w+Styles)$/.test(name!)) faults.push(`${path} as ${name}`)
    const uses = [...code.matchAll(new RegExp(`\\b${name}\\b(?! from)(?:\\.(\\w+))?`, 'g'))]
    for (const [use, each] of uses) if (each === undefined) faults.push(`${use} of ${path}`)
    return { path: path!, classes: new Set(uses.flatMap(([, each]) => each ?? [])) }
  })
  const own = /className=(?:["']|\{\s*[`"'])[^\n]*|classNames\([^()]*["'`][^\n]*|^import '.*\.css'/gm
  for (const [found] of code.matchAll(own)) faults.push(found)
  return { modules, faults }
}
