"""Metadata of a data set as ISO 19139 XML."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

GMD, GCO, GML = (
    "http://www.isotc211.org/2005/gmd",
    "http://www.isotc211.org/2005/gco",
    "http://www.opengis.net/gml",
)
LISTS = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
SPACE = uuid.UUID("6f0a4c1e-3a58-5c7e-9d6b-2f3f0c0de002")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """
    What a catalogue must know.

    Parameters
    ----------
    title, abstract, organisation, lineage
        Texts.
    day
        Date of the data set, ISO 8601.
    epsg, crs
        CRS: code and name.
    bounds_deg
        West, south, east, north [°].
    keywords, formats, limits
        Words; formats of the files; sentences on use.
    """

    title: str
    abstract: str
    organisation: str
    lineage: str
    day: str
    epsg: int
    crs: str
    bounds_deg: tuple[float, float, float, float]
    keywords: Sequence[str]
    formats: Sequence[str]
    limits: Sequence[str]


def to_xml(facts: Metadata) -> bytes:
    """
    Metadata as XML.

    Parameters
    ----------
    facts
        What is known.

    Returns
    -------
    content
        UTF-8, with declaration.

    References
    ----------
    ISO 19115:2003 table 3 (core metadata), ISO/TS 19139:2007.
    """
    for prefix, space in (("gmd", GMD), ("gco", GCO), ("gml", GML)):
        ET.register_namespace(prefix, space)
    root = ET.Element(f"{{{GMD}}}MD_Metadata")
    _text(root, "fileIdentifier", str(uuid.uuid5(SPACE, f"{facts.title}|{facts.day}")))
    _text(root, "language", "vie")
    _code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    _code(root, "hierarchyLevel", "MD_ScopeCode", "dataset")
    _party(_child(root, "contact"), facts.organisation)
    _date(root, "dateStamp", facts.day)
    _text(root, "metadataStandardName", "ISO 19115:2003/19139")
    _text(root, "metadataStandardVersion", "1.0")
    system = _child(
        root, "referenceSystemInfo", "MD_ReferenceSystem", "referenceSystemIdentifier", "RS_Identifier"
    )
    _text(system, "code", str(facts.epsg))
    _text(system, "codeSpace", "EPSG")
    _text(system, "version", facts.crs)
    _identification(root, facts)
    distribution = _child(root, "distributionInfo", "MD_Distribution")
    for name in facts.formats:
        written = _child(distribution, "distributionFormat", "MD_Format")
        _text(written, "name", name)
        _text(written, "version", "–")
    quality = _child(root, "dataQualityInfo", "DQ_DataQuality")
    _code(_child(quality, "scope", "DQ_Scope"), "level", "MD_ScopeCode", "dataset")
    _text(_child(quality, "lineage", "LI_Lineage"), "statement", facts.lineage)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _identification(root: ET.Element, facts: Metadata) -> None:
    about = _child(root, "identificationInfo", "MD_DataIdentification")
    citation = _child(about, "citation", "CI_Citation")
    _text(citation, "title", facts.title)
    date = _child(citation, "date", "CI_Date")
    _date(date, "date", facts.day)
    _code(date, "dateType", "CI_DateTypeCode", "creation")
    _text(about, "abstract", facts.abstract)
    _party(_child(about, "pointOfContact"), facts.organisation)
    words = _child(about, "descriptiveKeywords", "MD_Keywords")
    for word in facts.keywords:
        _text(words, "keyword", word)
    limits = _child(about, "resourceConstraints", "MD_Constraints")
    for limit in facts.limits:
        _text(limits, "useLimitation", limit)
    _text(about, "language", "vie")
    _code(about, "characterSet", "MD_CharacterSetCode", "utf8")
    topic = _child(about, "topicCategory", "MD_TopicCategoryCode")
    topic.text = "utilitiesCommunication"
    box = _child(about, "extent", "EX_Extent", "geographicElement", "EX_GeographicBoundingBox")
    west, south, east, north = facts.bounds_deg
    sides = (("westBoundLongitude", west), ("eastBoundLongitude", east))
    for name, value in (*sides, ("southBoundLatitude", south), ("northBoundLatitude", north)):
        ET.SubElement(_child(box, name), f"{{{GCO}}}Decimal").text = f"{value:.6f}"


def _child(parent: ET.Element, *names: str) -> ET.Element:
    for name in names:
        parent = ET.SubElement(parent, f"{{{GMD}}}{name}")
    return parent


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(_child(parent, name), f"{{{GCO}}}CharacterString").text = text


def _date(parent: ET.Element, name: str, day: str) -> None:
    ET.SubElement(_child(parent, name), f"{{{GCO}}}Date").text = day


def _code(parent: ET.Element, name: str, kind: str, value: str) -> None:
    entry = _child(parent, name, kind)
    entry.set("codeList", f"{LISTS}#{kind}")
    entry.set("codeListValue", value)
    entry.text = value


def _party(parent: ET.Element, organisation: str) -> None:
    party = _child(parent, "CI_ResponsibleParty")
    _text(party, "organisationName", organisation)
    _code(party, "role", "CI_RoleCode", "pointOfContact")
