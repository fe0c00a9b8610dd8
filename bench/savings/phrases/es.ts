import type { Phrases } from './phrases.ts'

export const spanish: Phrases = {
  questions: {
    simple: [
      '¿Cuál es su horario?',
      '¿Dónde está mi pedido {order}?',
      '¿Cómo restablezco mi contraseña?',
      '¿Envían a {city}?',
      '¿Puedo pagar con factura?',
      'cuanto tarda el envio',
    ],
    standard: [
      'Pedí {product} el {date} y la caja llegó rota. ¿Qué opciones tengo y cuánto plazo hay?',
      'Me cobraron dos veces {amount} por el pedido {order}. ¿Qué pasa ahora y cuándo me devuelven el dinero?',
    ],
    hard: [
      'Devolví dos de los tres artículos del pedido {order} ({amount} en total, con un vale del 15 % y envío gratis desde 60 EUR). El reembolso es menor de lo que esperaba. Calcule paso a paso lo que me corresponde según las condiciones y justifique cada paso con la cláusula.',
    ],
  },
  openings: ['', '', '', 'Hola, ', 'Buenos días, ', '¿Podría decirme, por favor? ', 'Perdone la molestia. '],
  closings: ['', '', '', ' ¡Gracias!', ' Muchas gracias.', ' Gracias de antemano.', ' Un saludo, {name}'],
  answers: [
    'Con gusto lo reviso. Su pedido {order} salió de nuestro almacén el {date} y va camino de {city}.',
    'Puede devolver {product} en 30 días. Le he enviado la etiqueta; el reembolso llega en cinco días hábiles.',
  ],
  tickets: [
    {
      label: 'delivery',
      text: 'El pedido {order} debía llegar el {date}. El seguimiento lleva una semana parado. Por favor, averigüen dónde está.',
    },
    { label: 'payment', text: 'Veo dos cargos de {amount} por el mismo pedido. Por favor, devuelvan uno.' },
    { label: 'praise', text: 'Solo quería decir que {product} es estupendo y que {name} fue muy amable. ¡Gracias!' },
  ],
  paragraphs: [
    'Los ingresos del tercer trimestre llegaron a {amount} millones, un {n} por ciento más que hace un año. La mayor parte vino de clientes habituales, mientras que el número de clientes nuevos se mantuvo igual. Las devoluciones bajaron un poco, en parte por la nueva guía de tallas.',
    'Los pedidos pagados antes del mediodía salen el mismo día, los demás al siguiente día hábil. Quien quiera devolver algo tiene treinta días desde la recepción y no paga nada si usa la etiqueta adjunta. No se aceptan artículos usados o lavados.',
    'Cada parte puede resolver el contrato por escrito con un preaviso de tres meses antes del fin de un trimestre natural. Se mantiene el derecho a resolverlo por causa grave. Al terminar, cada parte devolverá o destruirá los documentos confidenciales de la otra y lo confirmará por escrito.',
  ],
  summarise: {
    simple: ['Resume esto en una frase.', 'Dame un titular, por favor:'],
    standard: [
      'Por favor, resume el texto siguiente en cinco puntos para un directivo.',
      'Escribe un resumen de 150 palabras como máximo. Conserva todas las cifras.',
    ],
    hard: [
      'Compara los dos textos: dónde se contradicen, cuál prevalece en cada caso y por qué, y qué consecuencias tiene para un cliente que pidió el {date}. Cita la cláusula de cada afirmación.',
    ],
  },
  classify: [
    'Clasifica el mensaje en una sola categoría: delivery, payment, quality, account, praise, cancel, question. Responde solo con la palabra.',
  ],
  extract: [
    'Extrae número de pedido, fecha, importe y producto como JSON con las claves order, date, amount, product; null si falta algo.',
  ],
  translate: {
    simple: ['Traduce al inglés: '],
    standard: ['Traduce el texto siguiente al inglés. Mantén el tono formal y los nombres de producto.\n\n'],
  },
  marketing: {
    simple: ['Escribe un asunto de correo sobre {product}.', 'Un eslogan para {product}, por favor.'],
    standard: [
      'Escribe una publicación de unas 120 palabras que anuncie {product}. Amable, sin exclamaciones, con una llamada a la acción al final. ¡Gracias!',
    ],
    hard: [
      'Planifica una campaña para {product} con {amount} en {n} semanas. Analiza qué dos canales usar y por qué, calcula el reparto, nombra al menos tres riesgos y propón un plan semanal. Debe ser medible y sin descuentos.',
    ],
  },
}
