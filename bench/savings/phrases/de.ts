import type { Phrases } from './phrases.ts'

export const german: Phrases = {
  questions: {
    simple: [
      'Wie sind Ihre Öffnungszeiten?',
      'Wo ist meine Bestellung {order}?',
      'Wie setze ich mein Passwort zurück?',
      'Liefern Sie nach {city}?',
      'In welchen Größen gibt es {product}?',
      'Kann ich auf Rechnung zahlen?',
      'wie lange dauert der versand',
    ],
    standard: [
      'Ich habe {product} am {date} bestellt, der Karton kam beschädigt an. Welche Möglichkeiten habe ich, und wie lange habe ich Zeit?',
      'Für Bestellung {order} wurden zweimal {amount} abgebucht, eine Buchung ist noch vorgemerkt. Wie geht es weiter, und wann bekomme ich das Geld zurück?',
      '{product} lädt nur bis 80 Prozent. Zurückgesetzt habe ich es schon, ein anderes Kabel auch probiert. Was kann ich noch tun, bevor ich es einschicke?',
    ],
    hard: [
      'Ich habe zwei von drei Artikeln der Bestellung {order} zurückgeschickt (zusammen {amount}, mit 15 % Gutschein und Versand frei ab 60 EUR). Sie haben weniger erstattet als erwartet. Berechnen Sie Schritt für Schritt, was mir nach den Bedingungen zusteht, und begründen Sie jeden Schritt mit der Klausel.',
      'In Ihrem Vertrag steht eine Frist von drei Monaten zum Quartalsende, in Ihrer Mail stehen 30 Tage. Ich möchte zum {date} kündigen. Vergleichen Sie beides, sagen Sie, was gilt und warum, und entwerfen Sie das Schreiben.',
    ],
  },
  openings: [
    '',
    '',
    '',
    'Hallo, ',
    'Guten Tag, ',
    'Hallo zusammen, ',
    'Könnten Sie mir bitte sagen: ',
    'Bitte helfen Sie mir. ',
    'Entschuldigen Sie die Störung. ',
  ],
  closings: ['', '', '', ' Danke!', ' Vielen Dank!', ' Vielen Dank im Voraus!', ' Mit freundlichen Grüßen, {name}', ' LG {name}'],
  answers: [
    'Gern sehe ich nach. Ihre Bestellung {order} hat unser Lager am {date} verlassen und ist auf dem Weg nach {city}.',
    'Sie können {product} innerhalb von 30 Tagen zurücksenden. Das Etikett habe ich Ihnen geschickt; das Geld kommt binnen fünf Werktagen nach Eingang.',
    'Damit ich das prüfen kann, brauche ich bitte die Bestellnummer und die Mailadresse der Bestellung.',
  ],
  tickets: [
    {
      label: 'delivery',
      text: 'Bestellung {order} sollte am {date} kommen. Die Sendungsverfolgung steht seit einer Woche still. Bitte prüfen Sie, wo sie ist.',
    },
    { label: 'payment', text: 'Auf meiner Karte sind zweimal {amount} für dieselbe Bestellung. Bitte erstatten Sie eine davon.' },
    { label: 'quality', text: 'Nach zwei Wochen ist der Reißverschluss von {product} kaputt. Sehr enttäuschend.' },
    { label: 'praise', text: 'Ich wollte nur sagen, dass {product} super ist und {name} in {city} sehr nett war. Danke!' },
    { label: 'cancel', text: 'Hiermit kündige ich mein Abo zum {date}. Bitte bestätigen Sie das per Mail.' },
  ],
  paragraphs: [
    'Der Umsatz stieg im dritten Quartal auf {amount} Millionen, {n} Prozent mehr als im Vorjahr. Der größte Teil kam von Stammkunden, die Zahl der Neukunden blieb zum zweiten Mal in Folge gleich. Die Rücksendungen gingen leicht zurück, teils wegen der neuen Größentabelle, teils weil der Ausverkauf kürzer war.',
    'Bestellungen, die vor zwölf Uhr bezahlt sind, werden am selben Tag verschickt, alle anderen am nächsten Werktag. Wer etwas zurückgeben möchte, hat dafür dreißig Tage ab Erhalt und zahlt nichts, wenn das beiliegende Etikett verwendet wird. Getragene oder gewaschene Ware wird nicht zurückgenommen.',
    'Jede Partei kann den Vertrag schriftlich mit einer Frist von drei Monaten zum Ende eines Kalenderquartals kündigen. Das Recht zur Kündigung aus wichtigem Grund bleibt unberührt. Nach dem Ende gibt jede Partei vertrauliche Unterlagen der anderen zurück oder vernichtet sie und bestätigt dies schriftlich.',
    'Am {date} war der Dienst 47 Minuten lang nicht erreichbar. Eine Änderung am Lastverteiler, die nur mit den alten Zertifikaten geprüft worden war, ging in alle Regionen zugleich. Der Alarm kam erst nach elf Minuten, weil er den Mittelwert beobachtete und nicht jede Region einzeln.',
  ],
  summarise: {
    simple: ['Fasse das in einem Satz zusammen.', 'Gib mir bitte eine Überschrift dafür:'],
    standard: [
      'Bitte fassen Sie den folgenden Text in fünf Stichpunkten zusammen.',
      'Schreibe eine Zusammenfassung mit höchstens 150 Wörtern. Alle Zahlen bleiben erhalten.',
    ],
    hard: [
      'Vergleiche die beiden Texte: Wo widersprechen sie sich, welcher gilt jeweils und warum, und was folgt daraus für einen Kunden, der am {date} bestellt hat? Nenne zu jeder Aussage die Stelle, und sage, was sich nicht entscheiden lässt.',
    ],
  },
  classify: [
    'Ordne die Nachricht genau einer Kategorie zu: delivery, payment, quality, account, praise, cancel, question. Antworte nur mit dem Wort.',
    'Ist die Stimmung der Nachricht positiv, negativ oder neutral? Ein Wort.',
  ],
  extract: [
    'Extrahiere Bestellnummer, Datum, Betrag und Produkt als JSON mit den Schlüsseln order, date, amount, product; null, wenn etwas fehlt.',
  ],
  translate: {
    simple: ['Übersetze ins Englische: ', 'Bitte übersetzen Sie ins Englische: '],
    standard: ['Übersetze den folgenden Text ins Englische. Der Ton bleibt förmlich, Produktnamen bleiben stehen.\n\n'],
  },
  marketing: {
    simple: ['Schreibe eine Betreffzeile für eine Mail über {product}.', 'Ein Slogan für {product}, bitte.'],
    standard: [
      'Bitte schreiben Sie einen Beitrag von etwa 120 Wörtern, der {product} vorstellt. Freundlich, ohne Ausrufezeichen, mit einem Aufruf am Ende. Vielen Dank!',
    ],
    hard: [
      'Plane eine Kampagne für {product} mit {amount} über {n} Wochen. Analysiere, welche zwei Kanäle wir nutzen und warum, berechne die Aufteilung, nenne mindestens drei Risiken und entwirf einen Wochenplan. Sie muss messbar sein und darf keine Rabatte nutzen.',
    ],
  },
}
