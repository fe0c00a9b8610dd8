import type { Phrases } from './phrases.ts'

export const french: Phrases = {
  questions: {
    simple: [
      'Quels sont vos horaires ?',
      'Où est ma commande {order} ?',
      'Comment réinitialiser mon mot de passe ?',
      'Livrez-vous à {city} ?',
      'Puis-je payer sur facture ?',
      'quel est le délai de livraison',
    ],
    standard: [
      "J'ai commandé {product} le {date} et le carton est arrivé abîmé. Quelles sont mes options, et de combien de temps est-ce que je dispose ?",
      'La commande {order} a été débitée deux fois de {amount}. Que va-t-il se passer, et quand serai-je remboursé ?',
    ],
    hard: [
      "J'ai renvoyé deux articles sur trois de la commande {order} ({amount} au total, avec un bon de 15 % et la livraison gratuite dès 60 EUR). Le remboursement est inférieur à ce que j'attendais. Calculez étape par étape ce qui m'est dû selon les conditions, et justifiez chaque étape par la clause.",
    ],
  },
  openings: ['', '', '', 'Bonjour, ', 'Bonjour, ', "Pourriez-vous me dire, s'il vous plaît : ", 'Excusez-moi de vous déranger. '],
  closings: ['', '', '', ' Merci !', ' Merci beaucoup !', " Merci d'avance !", ' Cordialement, {name}'],
  answers: [
    'Je regarde cela tout de suite. Votre commande {order} a quitté notre entrepôt le {date} et elle est en route vers {city}.',
    "Vous pouvez renvoyer {product} sous 30 jours. Je vous ai envoyé l'étiquette ; le remboursement suit dans les cinq jours ouvrés.",
  ],
  tickets: [
    {
      label: 'delivery',
      text: "La commande {order} devait arriver le {date}. Le suivi n'a pas bougé depuis une semaine. Merci de vérifier.",
    },
    { label: 'quality', text: 'La fermeture de {product} a cassé au bout de deux semaines. Très déçue.' },
    { label: 'cancel', text: 'Je souhaite résilier mon abonnement au {date}. Merci de confirmer par mail.' },
  ],
  paragraphs: [
    "Le chiffre d'affaires du troisième trimestre a atteint {amount} millions, soit {n} pour cent de plus qu'un an auparavant. L'essentiel vient des clients fidèles, tandis que le nombre de nouveaux clients reste stable. Les retours ont légèrement diminué, en partie grâce au nouveau guide des tailles.",
    "Les commandes payées avant midi partent le jour même, les autres le jour ouvré suivant. Le client dispose de trente jours à compter de la réception pour renvoyer un article, sans frais s'il utilise l'étiquette jointe. Les articles portés ou lavés ne sont pas repris.",
    "Chaque partie peut résilier le contrat par écrit, avec un préavis de trois mois avant la fin d'un trimestre civil. Le droit de résilier pour motif grave demeure. À la fin du contrat, chaque partie rend ou détruit les documents confidentiels de l'autre et le confirme par écrit.",
  ],
  summarise: {
    simple: ['Résume ceci en une phrase.', 'Donne-moi un titre, merci :'],
    standard: [
      'Merci de résumer le texte suivant en cinq points pour un responsable pressé.',
      'Rédige un résumé de 150 mots au maximum. Garde tous les chiffres.',
    ],
    hard: [
      'Compare les deux textes : où se contredisent-ils, lequel prévaut dans chaque cas et pourquoi, et quelles sont les conséquences pour un client qui a commandé le {date} ? Cite la clause pour chaque affirmation.',
    ],
  },
  classify: [
    'Classe le message dans une seule catégorie : delivery, payment, quality, account, praise, cancel, question. Réponds uniquement par le mot.',
  ],
  extract: [
    'Extrais le numéro de commande, la date, le montant et le produit en JSON avec les clés order, date, amount, product ; null si une valeur manque.',
  ],
  translate: {
    simple: ['Traduis en anglais : '],
    standard: ['Traduis le texte suivant en anglais. Garde le ton formel et les noms de produits.\n\n'],
  },
  marketing: {
    simple: ["Écris un objet de mail pour {product}, s'il te plaît.", 'Un slogan pour {product}.'],
    standard: [
      "Rédige un post d'environ 120 mots qui annonce {product}. Ton amical, sans point d'exclamation, un appel à l'action à la fin. Merci !",
    ],
    hard: [
      'Planifie une campagne pour {product} avec {amount} sur {n} semaines. Analyse quels deux canaux utiliser et pourquoi, calcule la répartition, cite au moins trois risques et propose un plan par semaine. Elle doit être mesurable, sans remises.',
    ],
  },
}
