/** Words that tell how hard a task is, in the languages that most prompts are written in. In the others only lengths, lists and code are seen. */

const LATIN_WORDS = (words: string): string => `(?<![\\p{L}\\p{N}])(?:${oneLine(words)})(?![\\p{L}\\p{N}])`
const oneLine = (words: string): string =>
  words
    .trim()
    .split(/\s*\n\s*/)
    .join('|')
    .replaceAll(' ', '\\s+')
/** Without spaces between words there are no edges to look for. */
const OTHER_WORDS = (words: string): string => oneLine(words)
const anyOf = (...parts: readonly string[]): RegExp => new RegExp(parts.join('|'), 'giu')

/** Work that needs thought: to compare, to prove, to plan, to find a cause. */
export const REASONING = anyOf(
  LATIN_WORDS(`
    why|prove|proof|derive|step by step|reason(?:ing)? (?:about|through)|trade-?offs?|root cause|debug|deadlock|race condition|architect(?:ure)?
    analy[sz]e|analysis|evaluate|assess|compare|contrast|critique|justify|refactor|optimi[sz]e|strategy|feasib(?:le|ility)|hypothes[ie]s|infer|implications?
    algorithm|complexity|edge cases?|calculate|estimate|forecast|plan (?:a|an|out)|design|migrat(?:e|ion)|weigh|pros and cons|counter-?arguments?|consisten(?:t|cy)|contradict(?:s|ions?)?`),
  LATIN_WORDS(`
    warum|weshalb|beweise[n]?|herleiten|Schritt für Schritt|abwägen|Ursachen?|analysier(?:e|en|t)|Analyse|bewerte[n]?|beurteile[n]?|vergleiche[n]?|begründe[n]?
    Strategie|Auswirkungen|Folgen|berechne[n]?|plane[n]?|entwirf|entwerfen|Vor- und Nachteile|Widersprüche|optimiere[n]?|Architektur|prüfe[n]?`),
  LATIN_WORDS(`
    pourquoi|prouve[rz]?|démontre[rz]?|étape par étape|analyse[rz]?|évalue[rz]?|compare[rz]?|justifie[rz]?|stratégie|conséquences|implications|calcule[rz]?|planifie[rz]?
    avantages et (?:les )?inconvénients|optimise[rz]?|contradictions?|conçois|concevez|concevoir`),
  LATIN_WORDS(`
    por qué|demuestra|demostrar|paso a paso|analiza[r]?|análisis|evalúa|evaluar|compara[r]?|justifica[r]?|estrategia|consecuencias|implicaciones|calcula[r]?|planifica[r]?
    ventajas y desventajas|ventajas e inconvenientes|optimiza[r]?|contradicciones|diseña[r]?`),
  OTHER_WORDS(`
    なぜ|理由|証明|分析|評価|比較|検討|戦略|根拠|段階的|設計|計算|計画|最適化|矛盾|影響
    为什么|为何|证明|推导|分析|评估|比较|对比|权衡|策略|逐步|设计|计算|规划|优化|矛盾|影响
    لماذا|أثبت|برهن|خطوة بخطوة|حلل|تحليل|قي[ِّ]*م|قارن|مقارنة|برر|استراتيجية|احسب|خطط|صمم|تناقض
    क्यों|साबित|सिद्ध|चरण दर चरण|विश्लेषण|मूल्यांकन|तुलना|रणनीति|गणना|योजना|विरोधाभास|प्रभाव
    почему|докажи(?:те)?|пошагово|проанализируй(?:те)?|оцени(?:те)?|сравни(?:те)?|обоснуй(?:те)?|стратеги[яю]|рассчитай(?:те)?`),
)

/** What an answer must hold to. */
export const CONSTRAINTS = anyOf(
  LATIN_WORDS(`
    must|should|at least|at most|exactly|only|without|never|do not|don't|no more than|maximum|minimum|ensure|make sure|unless|except|between \\d+ and \\d+
    muss|müssen|darf|dürfen|mindestens|höchstens|genau|nur|ohne|niemals|maximal|außer|sofern
    doit|doivent|ne (?:doit|pas)|au moins|au plus|au maximum|exactement|uniquement|seulement|sans|jamais|sauf
    debe[n]?|al menos|como máximo|como mínimo|exactamente|solo|sólo|únicamente|sin|nunca|salvo`),
  OTHER_WORDS(`
    必ず|以内|以上|以下|のみ|だけ|しないで|してはいけ|ないでください
    必须|至少|最多|不要|不得|仅|只能|不超过|以内
    يجب|على الأقل|على الأكثر|فقط|بدون|دون|لا تستخدم|لا تذكر
    चाहिए|कम से कम|अधिक से अधिक|केवल|सिर्फ|बिना|न करें
    должен|должна|должны|не менее|не более|только|без|никогда`),
)

/** Work with a short or a given answer. */
export const SHORT_WORK = anyOf(
  LATIN_WORDS(`
    classify|categori[sz]e|label|extract|sentiment|yes or no|true or false|one word|single word|detect the language|spell(?:ing|check)?|rephrase|title
    klassifiziere[n]?|ordne|Kategorie|extrahiere[n]?|Stimmung|ja oder nein|ein(?:em)? Wort|Rechtschreibung
    classe[rz]?|catégorie|extrai[st]|extraire|extrayez|sentiment|oui ou non|un (?:seul )?mot|orthographe
    clasifica[r]?|categoría|extrae|extraer|sentimiento|sí o no|una (?:sola )?palabra|ortografía`),
  OTHER_WORDS(`
    分類|抽出|感情|はいかいいえ|一言
    分类|提取|情感|是或否|一个词
    صن[ِّ]*ف|تصنيف|استخرج|المشاعر|نعم أو لا|كلمة واحدة
    वर्गीकृत|वर्गीकरण|निकालें|भावना|हाँ या नहीं|एक शब्द
    классифицируй(?:те)?|извлеки(?:те)?|да или нет`),
)

/** An answer that has to be composed. */
export const WRITING = anyOf(
  LATIN_WORDS(`
    write|draft|compose|summari[sz]e|summary|create|generate|improve|rewrite|describe
    schreib(?:e|en|t)?|verfass(?:e|en)|fasse[n]?|Zusammenfassung|erstelle[n]?|beschreibe[n]?
    écri[st]|écrivez|rédige[rz]?|résume[rz]?|résumé|crée[rz]?|décri[st]|décrivez
    escrib[ae]|redact[ae]|resum[ae]|resumen|cre[ae]|describ[ae]`),
  OTHER_WORDS(`
    書いて|要約|作成|説明して
    写一|撰写|总结|摘要|描述
    اكتب|لخص|تلخيص|صف
    लिखें|सारांश|वर्णन
    напиши(?:те)?|составь(?:те)?|кратко|опиши(?:те)?`),
)

/** A line of a numbered or dotted list. */
export const LIST_ITEM = /^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+\S/gmu
export const BEGINS_LIST = /^\s*(?:[-*•]|\d{1,2}[.)])[ \t]+\S/u
export const QUESTION = /[?？؟](?=\s|$|[^\s?？؟])/gu
/** A fence, or lines that end or begin as code does. */
export const CODE =
  /```|^[ \t]*(?:def|class|import|from|const|let|var|function|func|fn|public|private|return|SELECT|UPDATE|INSERT|CREATE)\b.*[({;:=]|[;{}]\s*$|^Traceback \(|^\s+at \S+\(/mu
