const ENGLISH = wordsOf(
  'the of and to in is are was were be been that this these those it its for with as at by from on or an a you your i we they he she not can could would should will have has had do does what which when how who if but about there their our my me please into than then so',
)
/** Words of other languages that English does not have, or has rarely. */
const OTHERS = wordsOf(
  'der die das und ist nicht ein eine mit für auf den dem von zu sich im auch wie oder bei nach wird sind ich wir sie ihr le la les des et est une un dans pour que qui sur pas avec plus vous nous je ce cette aux du au el los las y es por para con del una como pero más su sus lo se que il di che e non per sono una della nel con gli o os uma não com em do da no na de het een van niet met voor op zijn och att det som en är inte på til af og ikke jeg nie się na w z jest bir ve bu için',
)
const WORD = /\p{L}+/gu
const WORDS_MIN = 4

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '))
}

/**
 * Whether a text is English for sure: few words, foreign letters, or as many words of other languages make it unsure, and so not English. Words that English shares
 * with others count for both.
 */
export function isSurelyEnglish(text: string): boolean {
  const words = (text.match(WORD) ?? []).map((word) => word.toLowerCase())
  if (words.length < WORDS_MIN) return false
  const share = (isOne: (word: string) => boolean): number => words.filter(isOne).length / words.length
  return (
    share((word) => ENGLISH.has(word)) >= 0.2 && share((word) => OTHERS.has(word)) <= 0.1 && share((word) => /[^a-z]/.test(word)) <= 0.02
  )
}
