"""The words of the report in both of its languages: whoever changes one sees the other.

What belongs here: the page's own words. What does not: what is wrong with rows (`spanish`), and what was repaired
(`repairs`).
"""

from __future__ import annotations

LANGUAGES = {"en": "English", "es": "Español"}
WORDS: dict[str, tuple[str, str]] = {
    "title": ("Import report", "Informe de importación"),
    "rows_of": ("{type} · import {id}", "{type} · importación {id}"),
    "no_type": ("fits no type", "sin tipo"),
    # What became of the whole.
    "in_coperniq": ("In Coperniq: {sent} of {attempted} rows.", "En Coperniq: {sent} de {attempted} filas."),
    "nothing_left": ("Nothing is left to do.", "No queda nada por hacer."),
    "left_pending": ("On their way: {count}.", "En camino: {count}."),
    "left_to_correct": ("To correct: {count}.", "Por corregir: {count}."),
    "failed": ("The file could not be imported.", "El archivo no se pudo importar."),
    "all_failed": (
        "No row could be sent as it is. To correct: {count}.",
        "Ninguna fila se pudo enviar como está. Por corregir: {count}.",
    ),
    "unfinished": (
        "The file is still being read: this is what is known so far.",
        "El archivo todavía se está leyendo: esto es lo que se sabe hasta ahora.",
    ),
    "rolled_back": ("The import was taken back.", "La importación se deshizo."),
    "fix": (
        "Correct the rows in one of these files, and put it back into the inbox:",
        "Corrija las filas en uno de estos archivos y devuélvalo a la bandeja de entrada:",
    ),
    # Sections.
    "numbers": ("In short", "En resumen"),
    "tile_attempted": ("rows came in", "filas llegaron"),
    "tile_sent": ("in Coperniq", "en Coperniq"),
    "tile_pending": ("on their way", "en camino"),
    "tile_to_correct": ("to correct", "por corregir"),
    "tile_settled": ("settled otherwise", "resueltas de otro modo"),
    "rows": ("What became of the rows", "Qué pasó con las filas"),
    "rows_said": (
        "Every row has one of these. Solid bars need nothing, outlined ones follow by themselves, hatched ones "
        "need somebody.",
        "Cada fila tiene uno de estos estados. Las barras llenas no requieren nada, las de contorno siguen por sí"
        " solas, las rayadas necesitan a alguien.",
    ),
    "created": ("Created in Coperniq", "Creadas en Coperniq"),
    "updated": ("Updated in Coperniq", "Actualizadas en Coperniq"),
    "skipped": ("In Coperniq already, unchanged", "Ya en Coperniq, sin cambios"),
    "duplicate": ("Same as an earlier row", "Iguales a una fila anterior"),
    "replaced": ("Replaced by a later row", "Reemplazadas por otra posterior"),
    "corrected": ("Corrected by a later file", "Corregidas por un archivo posterior"),
    "withdrawn": ("Taken back", "Deshechas"),
    "erased": ("Erased before they were sent", "Borradas antes de enviarse"),
    "ready": ("To be sent", "Por enviar"),
    "waiting": ("Waiting for another record", "Esperan otro registro"),
    "unsettled": ("Sent, answer not known yet", "Enviadas, respuesta pendiente"),
    "rejected": ("Refused by Coperniq", "Rechazadas por Coperniq"),
    "error": ("Not sent: to be corrected", "No enviadas: por corregir"),
    "unsettled_said": (
        "Rows whose answer is not known are looked up in Coperniq before anything is sent again; “mep resolve” settles "
        "what stays open.",
        "Las filas con respuesta pendiente se buscan en Coperniq antes de enviar algo otra vez; “mep resolve” resuelve "
        "lo que quede abierto.",
    ),
    "errors": ("What was not sent, and why", "Qué no se envió y por qué"),
    "errors_chart": ("Rows to correct, by cause", "Filas por corregir, según la causa"),
    "errors_table": (
        "As the file was read. A row may have several causes, and is counted with each.",
        "Según se leyó el archivo. Una fila puede tener varias causas y cuenta en cada una.",
    ),
    "cause": ("What is wrong, and what to do", "Qué está mal y qué hacer"),
    "records": ("Rows", "Filas"),
    "example": ("Such as row", "Por ejemplo, fila"),
    "whole_row": ("whole row", "toda la fila"),
    "is_wrong": ("{field} is wrong", "{field} está mal"),
    "is_missing": ("{field} is missing", "falta {field}"),
    "unknown_cause": ("The cause was not noted", "No se anotó la causa"),
    "rule": ("rule", "regla"),
    "refused_table": ("Refused by Coperniq, in its words", "Rechazadas por Coperniq, en sus palabras"),
    "refusal": ("What Coperniq said", "Lo que dijo Coperniq"),
    "waiting_table": ("Rows that wait, and what for", "Filas que esperan, y qué esperan"),
    "wait": ("What they wait for", "Lo que esperan"),
    "being_looked_up": ("being looked up", "en búsqueda"),
    "quality": ("Quality of what was sent", "Calidad de lo enviado"),
    "quality_said": (
        "Mean score {mean}, lowest {lowest}, highest {highest}. A score is 1.00 when every field was filled and "
        "nothing had to be repaired.",
        "Puntuación media {mean}, mínima {lowest}, máxima {highest}. La puntuación es 1.00 cuando todos los "
        "campos venían llenos y nada tuvo que repararse.",
    ),
    "quality_chart": ("Rows by quality score", "Filas según su puntuación de calidad"),
    "from_90": ("0.90 to 1.00", "0.90 a 1.00"),
    "from_80": ("0.80 to 0.89", "0.80 a 0.89"),
    "from_50": ("0.50 to 0.79", "0.50 a 0.79"),
    "below_50": ("below 0.50", "menos de 0.50"),
    "repairs": ("What was repaired on the way", "Qué se reparó en el camino"),
    "repairs_said": (
        "These rows are sent. Nothing was changed that is not listed here.",
        "Estas filas se envían. No se cambió nada que no esté en esta lista.",
    ),
    "every_repair": ("Each repair of each row:", "Cada reparación de cada fila:"),
    "in_rows": ("rows {rows}", "filas {rows}"),
    "repair": ("Repair or doubt", "Reparación o duda"),
    "other_repair": ("Something else: the row’s message says it", "Otra cosa: lo dice el mensaje de la fila"),
    "no_field": ("column not told apart", "columna sin distinguir"),
    "columns": ("How each column was read", "Cómo se leyó cada columna"),
    "columns_said": (
        "A column that is not sent stays with its row, as it stood in the file.",
        "Una columna que no se envía queda con su fila, como estaba en el archivo.",
    ),
    "column": ("Column of the file", "Columna del archivo"),
    "field": ("Field in Coperniq", "Campo en Coperniq"),
    "sure": ("How sure", "Certeza"),
    "not_sent": ("not sent", "no se envía"),
    "kept_as_name": ("kept as a name of the record", "se guarda como nombre del registro"),
    "for_every_row": ("the same in every row: {value}", "igual en cada fila: {value}"),
    "by_name": ("its own name", "por su nombre"),
    "by_alias": ("a known name", "nombre conocido"),
    "by_earlier": ("as before", "como antes"),
    "by_similar": ("alike", "por parecido"),
    "by_override": ("your mapping file", "su archivo de mapeo"),
    "month_first": ("month/day", "mes/día"),
    "day_first": ("day/month", "día/mes"),
    "text": ("text", "texto"),
    "emails": ("e-mail addresses", "direcciones de correo"),
    "phones": ("phone numbers", "teléfonos"),
    "zip": ("zip code", "código postal"),
    "date": ("date", "fecha"),
    "datetime": ("date and time", "fecha y hora"),
    "number": ("number", "número"),
    "integer": ("whole number", "número entero"),
    "boolean": ("yes or no", "sí o no"),
    "reference": ("another record", "otro registro"),
    "file": ("The file, and when", "El archivo y las fechas"),
    "file_name": ("File", "Archivo"),
    "file_hash": ("SHA-256", "SHA-256"),
    "file_size": ("Size", "Tamaño"),
    "bytes": ("{count} bytes", "{count} bytes"),
    "encoding": ("Encoding", "Codificación"),
    "delimiter": ("Delimiter", "Separador"),
    "sheet": ("Sheet", "Hoja"),
    "header_line": ("Header in line", "Encabezado en la línea"),
    "comma": ("comma", "coma"),
    "semicolon": ("semicolon", "punto y coma"),
    "tab": ("tab", "tabulador"),
    "pipe": ("vertical bar", "barra vertical"),
    "certain": ("{name}, {percent}% sure", "{name}, {percent}% de certeza"),
    "doubts": ("Doubtful about the file as a whole", "Dudas sobre el archivo entero"),
    "corrects": ("Corrects rows of", "Corrige filas de"),
    "corrected_by": ("Corrected by", "Corregido por"),
    "imported_by": ("Imported by", "Importado por"),
    "created_at": ("Registered", "Registrado"),
    "started_at": ("Read from", "Leído desde"),
    "completed_at": ("Read until", "Leído hasta"),
    "written": (
        "Written {at}. Running “mep report {id}” writes it afresh.",
        "Escrito el {at}. “mep report {id}” lo escribe de nuevo.",
    ),
    "personal": (
        "This page may hold personal data: pass it on to nobody who may not read the file.",
        "Esta página puede contener datos personales: no la entregue a quien no pueda leer el archivo.",
    ),
    "more": ("{count} more", "{count} más"),
    "more_in_print": ("{count} more stand in the file report.html.", "{count} más están en el archivo report.html."),
    "beyond": ("{count} more are not listed here.", "{count} más no se listan aquí."),
}  # fmt: skip
"""By key: in English, in Spanish, with the same names in braces."""


def say(language: str, key: str, **values: object) -> str:
    """Return words in a language, with values in the place of their names; numbers with their thousands parted."""
    shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
    return WORDS[key][list(LANGUAGES).index(language)].format(**shown)
