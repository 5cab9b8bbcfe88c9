"""A mail with Heed's links, headers and tags, as the request of SES's SendEmail.

heed links --topic offers --json <<< you@example.com | python3 first_mail.py news@example.com
"""

import json
import sys

link = json.load(sys.stdin)["links"][0]
text = f"Unsubscribe: {link['unsubscribe_url']}\nChoose: {link['preferences_url']}\n"
request = {
    "FromEmailAddress": sys.argv[1],
    "Destination": {"ToAddresses": [link["address"]]},
    "Content": {
        "Simple": {
            "Subject": {"Data": "The first mail"},
            "Body": {"Text": {"Data": text}},
            "Headers": [{"Name": name, "Value": value} for name, value in link["headers"].items()],
        }
    },
    "EmailTags": [{"Name": name, "Value": value} for name, value in link["tags"].items()],
}
json.dump(request, sys.stdout, indent=2)
