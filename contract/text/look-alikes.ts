/**
 * Letters of other scripts that pass for Latin ones in the usual fonts: the prototypes of Unicode's `confusables.txt` that are
 * ASCII letters, without those that are only alike (Cyrillic `г`, Greek `σ`), which fill ordinary names. Cyrillic, Greek,
 * Armenian, Cherokee, Canadian Aboriginal and Tifinagh.
 */
const alike =
  'асԁеһіјӏорԛѕԝхуүѵҽАВЕКМНОРСТУХЅІЈҮԌӀѴԚԜЬ' +
  'αινορυϳϲΑΒΕΖΗΙΚΜΝΟΡΤΥΧϒϹͿ' +
  'օոսհյցքՕՍ' +
  'ᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᎽᏀᏂᏃᏏᏒᏔᏕᏙᏚᏞᏟᏢᏦᏧᏳᏴᐯᑌᑭᑯᑲᒍᒪᕁᕼᕽᖇᖯᖴᗅᗞᗪᗰᗷⴸⴹⵏⵔⵕⵝ'

/** Letters of the Latin script that pass for ASCII ones: small capitals and phonetic letters. */
const latinAlike =
  /[\u0184\u0185\u01a7\u01a8\u01bc\u01bd\u01c0\u01c1\u0251\u0261\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f\u1d00-\u1d22\ua730\ua731]/u

const allAlike = new RegExp(String.raw`^(?:[${alike}]|\P{L})*$`, 'u')
/** Its small letters are drawn as small capitals. */
const cherokee = /\p{sc=Cher}/u
/** Signs of East Asia that stand alone among Latin letters, where they pass for them: `b〇b`, `jㅇhn`, `bㅣll`. */
const eastAsian = String.raw`[\p{sc=Hani}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Bopo}ー]`
const loneSign = new RegExp(`(?<!${eastAsian})[〇一丨丶〡ノー\\u1100-\\u11ff](?!${eastAsian})`, 'u')
const latin = /\p{sc=Latn}/u
/** A dot above what has one, or has lost it (UTS 39, 5.4). */
const secondDot = /[\p{Soft_Dotted}l\u0131\u0237]\p{Mn}*\u0307/u
const ascii = /^[\x20-\x7e]*$/

/**
 * The sets of scripts that one name may be of: each script that UAX 31 recommends or knows in limited use, and what is
 * written together ("highly restrictive" in UTS 39, 5.2).
 */
const scripts = [
  'Latn Hani Hira Kana',
  'Latn Hani Bopo',
  'Latn Hani Hang',
  ...(
    'Cyrl Grek Arab Hebr Armn Geor Ethi Thaa Syrc Nkoo Tfng Cher Cans Mong Adlm Olck Java Bali Yiii Tibt ' +
    'Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Thai Laoo Khmr Mymr'
  ).split(' ')
]
let patterns: RegExp[] | undefined

/**
 * Whether a name or a label of a host may pass for another one: it mixes scripts, consists of another script's letters that
 * look Latin, or holds Latin letters that look like ASCII (UTS 39, sections 4 and 5).
 */
export function imitates(text: string): boolean {
  if (ascii.test(text)) return false
  const plain = text.normalize('NFKC')
  if (ascii.test(plain)) return false
  const lower = plain.toLowerCase()
  return (
    latinAlike.test(plain) ||
    latinAlike.test(lower) ||
    secondDot.test(plain.normalize('NFD')) ||
    (latin.test(plain) && loneSign.test(plain)) ||
    !isOfOneScript(plain) ||
    (cherokee.test(plain) && allAlike.test(plain.toUpperCase())) ||
    // A capital alone may be alike: Вера is a name, ВЕРА and сора are taken for BEPA and copa.
    (allAlike.test(plain) && (plain === plain.toUpperCase() || allAlike.test(lower)))
  )
}

function isOfOneScript(text: string): boolean {
  patterns ??= scripts.map((set) => {
    const classes = `${set} Zyyy Zinh`.split(' ').map((script) => String.raw`\p{scx=${script}}`)
    return new RegExp(`^[${classes.join('')}]*$`, 'u')
  })
  return patterns.some((pattern) => pattern.test(text))
}
