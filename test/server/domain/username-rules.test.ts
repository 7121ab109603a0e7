import { expect, test } from 'vitest'
import { nameProblem } from '../../../server/domain/username-rules.ts'

test.each(
  [
    [
      'john',
      'jane.doe',
      'a-b_c',
      '007',
      'José',
      'Jürgen',
      'Łukasz',
      'Ærøskøbing',
      'ısmail',
      'İrem',
      'Straße',
      'Nguyễn'
    ],
    [
      'Иван',
      'Анна',
      'Егор',
      'Вера',
      'Борис',
      'Ольга',
      'Ђорђе',
      'Їжак',
      'Νίκος',
      'Ουρανία',
      'Σωκράτης',
      'Արմեն',
      'გიორგი'
    ],
    [
      '李雷',
      '山田太郎',
      'さくら',
      'サクラ',
      'ケン_Ken',
      '철수',
      'ben李',
      'สมชาย',
      'Δημήτρης',
      'محمد',
      'علي.حسن',
      'דוד',
      'राम',
      'தமிழ்',
      'አበበ'
    ],
    ['ｊｏｈｎ']
  ].flat()
)('a new user may be called %s', (name) => {
  expect(nameProblem(name.normalize('NFC'))).toBeNull()
})

test.each(
  [
    [
      'jоhn',
      'аnna',
      'раypal',
      'jаne',
      'јоhn',
      'johп',
      'gοοgle',
      'adмin',
      'Ꭺnna',
      'bеn李',
      'johnএ',
      'john৪',
      'jօhn'
    ],
    ['сосо', 'раре', 'ВЕРА', 'ѕсоре', 'ΑΒΕ', 'νιον', 'ᎪᏞᎬ', 'сосо.1', 'ᗞᗪ'],
    [
      'jɑne',
      'ɡreg',
      'ᴊᴏʜɴ',
      'ᴀnna',
      'аԁ',
      'z\u0301\u0301oe',
      'a\u0316\u0317\u0318\u0319\u031a',
      '𝐣оhn',
      'ｊоhn'
    ]
  ].flat()
)('a new user may not be called %s, which may be taken for another name', (name) => {
  expect(nameProblem(name.normalize('NFC'))).toBe('look-alike')
})

test.each(
  [
    [
      '',
      ' ',
      '.',
      '-a',
      '\u3164',
      '\u3164\u3164',
      'a\u3164b',
      'a\u034fb',
      'jo\u034fhn',
      'a\u115fb',
      'a\uffa0',
      'a\u200bb'
    ],
    [
      'a\u200db',
      'a\u202eb',
      'a\ufe0f',
      'a\u{e0100}',
      'a\0b',
      'a\nb',
      'a b',
      '👍',
      '\u0301a',
      'a\u00adb',
      '\u2800',
      'a\u180bb'
    ],
    ['a@b', '@john', 'a/b', 'x'.repeat(40), 'a\ud800', 'a\u17b4']
  ].flat()
)('%j is no username', (name) => {
  expect(nameProblem(name.normalize('NFC'))).toBe('invalid')
})
