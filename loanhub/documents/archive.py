"""What a document needs to last and ReportLab has no method for: tags, XMP, output intent (PDF/A-2u).

Everything here hangs dictionaries into ReportLab's document; ReportLab numbers and writes them.
"""

from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from PIL import ImageCms
from reportlab.pdfbase import pdfdoc

from loanhub.documents.flow import Element


class _Plain(pdfdoc.PDFObject):  # type: ignore[misc]
    """An object whose text we know already."""

    __RefOnly__ = 1

    def __init__(self) -> None:
        self.body = b""

    def format(self, document: Any) -> bytes:
        return self.body


class _Stream(pdfdoc.PDFStream):  # type: ignore[misc]
    """A stream whose end stands on a line of its own: PDF/A asks for it, ReportLab leaves it out."""

    def format(self, document: Any) -> bytes:
        return bytes(super().format(document)).removesuffix(b"endstream\n") + b"\nendstream\n"


def make_lasting(
    document: Any, *, title: str, author: str, subject: str, keywords: str, creator: str, moment: str
) -> None:
    """Add XMP that says the same as the document's information, and what its colors mean.

    ``moment`` is the ISO 8601 time of issue. Call it when all pages are drawn.
    """
    catalog = document.Catalog
    xmp = xmp_packet(title, author, subject, keywords, creator, moment)
    catalog.Metadata = _Stream(pdfdoc.PDFDictionary({"Type": "/Metadata", "Subtype": "/XML"}), xmp)
    profile = _Stream(pdfdoc.PDFDictionary({"N": 3}), srgb_profile(), [pdfdoc.PDFZCompress])
    intent = {"Type": "/OutputIntent", "S": "/GTS_PDFA1", "OutputConditionIdentifier": "(sRGB)",
              "Info": "(sRGB)", "DestOutputProfile": document.Reference(profile)}  # fmt: skip
    catalog.OutputIntents = pdfdoc.PDFArray([pdfdoc.PDFDictionary(intent)])
    catalog.__NoDefault__ = [*catalog.__NoDefault__, "OutputIntents"]
    for font in document.delayedFonts:
        font.addObjects(document)
    document.delayedFonts = []
    for item in document.idToObject.values():
        if type(item) is pdfdoc.PDFStream:
            item.__class__ = _Stream
        elif isinstance(item, pdfdoc.PDFPage | pdfdoc.PDFFormXObject):
            item.Contents = _Stream(content=item.stream, filters=[pdfdoc.PDFZCompress])


def tag(document: Any, tree: Element, parents: list[list[Element]]) -> None:
    """Add the tag tree; ``parents[page]`` are the elements of that page's marked content, by its number."""
    numbers = document.idToObjectNumberAndVersion
    pages = [numbers[f"Page{index + 1}"][0] for index in range(len(parents))]
    nodes: dict[int, tuple[_Plain, int]] = {}

    def node(element: Element) -> tuple[_Plain, int]:
        if id(element) not in nodes:
            made = _Plain()
            nodes[id(element)] = made, numbers[document.Reference(made).name][0]
        return nodes[id(element)]

    def write(element: Element, parent: int) -> None:
        made, own = node(element)
        first = next((kid[0] for kid in element.kids if isinstance(kid, tuple)), None)
        kids = []
        for kid in element.kids:
            if isinstance(kid, Element):
                if kid.kids:
                    kids.append(f"{node(kid)[1]} 0 R")
                    write(kid, own)
            elif kid[0] == first:
                kids.append(str(kid[1]))
            else:
                kids.append(f"<</Type/MCR/Pg {pages[kid[0]]} 0 R/MCID {kid[1]}>>")
        page = f"/Pg {pages[first]} 0 R" if first is not None else ""
        held = kids[0] if len(kids) == 1 else f"[{' '.join(kids)}]"
        made.body = f"<</S/{element.kind}/P {parent} 0 R{page}/K {held}>>".encode()

    root, numbering = _Plain(), _Plain()
    root_number, numbering_number = (numbers[document.Reference(item).name][0] for item in (root, numbering))
    write(tree, root_number)
    lists = (
        f"{index}[{' '.join([f'{node(element)[1]} 0 R' for element in listed])}]"
        for index, listed in enumerate(parents)
    )
    numbering.body = f"<</Nums[{''.join(lists)}]>>".encode()
    root.body = (
        f"<</Type/StructTreeRoot/K {node(tree)[1]} 0 R/ParentTree {numbering_number} 0 R"
        f"/ParentTreeNextKey {len(parents)}>>"
    ).encode()
    document.Catalog.StructTreeRoot = root
    document.Catalog.MarkInfo = pdfdoc.PDFDictionary({"Marked": pdfdoc.PDFtrue})
    for index, page in enumerate(document.Pages.pages):
        page.StructParents, page.Tabs = index, "/S"
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]


def xmp_packet(title: str, author: str, subject: str, keywords: str, creator: str, moment: str) -> bytes:
    """Return the XMP that says the same as the document's information, and that it is PDF/A-2u."""

    def alternative(name: str, text: str) -> str:
        return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></{name}>'

    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">'
        "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>"
        + alternative("dc:title", title)
        + alternative("dc:description", subject)
        + f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>"
        f"<pdf:Keywords>{escape(keywords)}</pdf:Keywords>"
        f"<pdf:Producer>{escape(creator)}</pdf:Producer><xmp:CreatorTool>{escape(creator)}</xmp:CreatorTool>"
        f"<xmp:CreateDate>{moment}</xmp:CreateDate><xmp:ModifyDate>{moment}</xmp:ModifyDate>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


@cache
def srgb_profile() -> bytes:
    """Return an ICC profile of sRGB, its date of making set to one day, so that it never changes a byte."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + bytes.fromhex("07ea00010001000000000000") + profile[36:]
