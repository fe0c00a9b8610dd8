import { expect, test } from 'vitest'
import { estimateTokens } from '../../src/domain/token-estimate.ts'

// Counted by o200k_base, the tokenizer of GPT-4o and later.
test.for([
  [
    58,
    'The quarterly report shows that revenue grew by 12% compared with last year, mostly because of new customers in the north. Please summarise the main points and explain which risks remain. Could you also check whether the figures in section 4.2 agree with those of the annual statement?',
  ],
  [
    54,
    'Der Quartalsbericht zeigt, dass der Umsatz im Vergleich zum Vorjahr um 12 % gestiegen ist, vor allem wegen neuer Kunden im Norden. Bitte fassen Sie die wichtigsten Punkte zusammen und erklären Sie, welche Risiken bleiben. Meine Bestellung ist leider noch nicht angekommen.',
  ],
  [
    50,
    "Le rapport trimestriel montre que le chiffre d'affaires a augmenté de 12 % par rapport à l'année dernière, principalement grâce à de nouveaux clients dans le nord. Merci de résumer les points principaux et d'expliquer quels risques subsistent.",
  ],
  [
    41,
    'El informe trimestral muestra que los ingresos crecieron un 12 % respecto al año pasado, sobre todo por nuevos clientes en el norte. Por favor, resume los puntos principales y explica qué riesgos quedan.',
  ],
  [
    63,
    '四半期報告書によると、売上高は前年同期比で12%増加しました。主な要因は北部の新規顧客です。要点をまとめ、残っているリスクを説明してください。ご注文の商品はまだ届いていません。',
  ],
  [43, '季度报告显示,收入同比增长12%,主要得益于北方的新客户。请总结要点,并说明还存在哪些风险。我的订单还没有到,请问什么时候可以收到?'],
  [
    49,
    'يوضح التقرير الفصلي أن الإيرادات نمت بنسبة 12٪ مقارنة بالعام الماضي، ويرجع ذلك أساسا إلى عملاء جدد في الشمال. يرجى تلخيص النقاط الرئيسية وشرح المخاطر المتبقية.',
  ],
  [
    53,
    'तिमाही रिपोर्ट दिखाती है कि पिछले साल की तुलना में राजस्व 12% बढ़ा, मुख्य रूप से उत्तर में नए ग्राहकों के कारण। कृपया मुख्य बिंदुओं का सारांश दें और बताएं कि कौन से जोखिम बाकी हैं।',
  ],
  [
    48,
    'Квартальный отчёт показывает, что выручка выросла на 12% по сравнению с прошлым годом, главным образом благодаря новым клиентам на севере. Пожалуйста, кратко изложите основные моменты.',
  ],
  [
    80,
    '```ts\nexport async function retry<T>(work: () => Promise<T>, times = 3): Promise<T> {\n  for (let i = 0; ; i++) {\n    try {\n      return await work()\n    } catch (error) {\n      if (i >= times) throw error\n      await sleep(2 ** i * 100)\n    }\n  }\n}\n```',
  ],
  [
    74,
    '{"order_id": "A-10293", "items": [{"sku": "TS-BLK-M", "qty": 2, "price": "19.90"}, {"sku": "MUG-01", "qty": 1, "price": "8.50"}], "total": "48.30", "currency": "EUR"}',
  ],
] as const)('%d tokens are estimated within a fifth: %s', ([counted, text]) => {
  expect(Math.abs(estimateTokens(text) / counted - 1)).toBeLessThan(0.2)
})

test('nothing has no tokens, and a long text is estimated at once', () => {
  expect(estimateTokens('')).toBe(0)
  expect(estimateTokens('a'.repeat(2_000_000))).toBe(250_000)
  expect(estimateTokens(' '.repeat(2_000_000))).toBe(1)
})
