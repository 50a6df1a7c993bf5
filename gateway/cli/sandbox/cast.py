"""Who there is in the sandbox. All of it is made up; the domains are those of RFC 2606."""

from dataclasses import dataclass, field
from typing import Any, Final

SEED: Final = 20261122
"""The same seed makes the same fleet."""


@dataclass(frozen=True)
class Site:
    """A simulated deployment.

    Args:
        name: that it is registered under.
        version: of SPE; older ones lack commands.
    """

    name: str
    version: str


@dataclass(frozen=True)
class Reseller:
    """A reseller; ``above`` is the name of the one that it is below, empty for the root."""

    name: str
    external_id: str
    above: str = ""
    quotas: dict[str, int] = field(default_factory=dict)

    def body(self, parent: str | None) -> dict[str, Any]:
        """Return the body that makes it."""
        whole = {"name": self.name, "externalId": self.external_id, "parent": parent}
        return {key: value for key, value in whole.items() if value} | (
            {"quotas": self.quotas} if self.quotas else {}
        )


@dataclass(frozen=True)
class Caller:
    """An API client.

    Args:
        name: of the client.
        reseller: by its name; empty for the operators.
        role: that it has.
        instance: by its id at SPE, if it may see this one only.
    """

    name: str
    reseller: str
    role: str
    instance: str = ""


@dataclass(frozen=True)
class Company:
    """A customer with an instance of its own.

    Args:
        instance_id: at SPE; its domain is this below ``example.com``.
        name: of the company.
        reseller: whose customer it is.
        site: where its archive lies.
        users: how many people have mail.
        since: the first year in its archive.
    """

    instance_id: str
    name: str
    reseller: str
    site: str
    users: int
    since: int

    @property
    def domain(self) -> str:
        """Where its people have their mail."""
        return f"{self.instance_id}.example.com"


SITES: Final = (
    Site("alpha", "25.3.1.23021"),
    Site("beta", "24.4.0.21517"),
    Site("gamma", "22.4.0.17915"),
)
"""The tour has the first two."""

NORTH, SOUTH = "Northwind IT", "Southside Hosting"
RETAIL, CARE, CAMPUS = "Northwind Retail Desk", "Northwind Care", "Southside Campus"

RESELLERS: Final = (
    Reseller(NORTH, "R-1001"),
    Reseller(SOUTH, "R-2001"),
    Reseller(RETAIL, "R-1002", NORTH, {"instances": 10}),
    Reseller(CARE, "R-1003", NORTH),
    Reseller(CAMPUS, "R-2002", SOUTH, {"instances": 8}),
)

CALLERS: Final = (
    Caller("Monitoring", "", "read-only"),
    Caller("Northwind administration", NORTH, "reseller-admin"),
    Caller("Northwind service desk", NORTH, "support"),
    Caller("Northwind invoicing", NORTH, "billing"),
    Caller("Retail administration", RETAIL, "reseller-admin"),
    Caller("Care administration", CARE, "reseller-admin"),
    Caller("Portal of Harbour Lane Dental", CARE, "portal", "harbour-lane"),
    Caller("Southside administration", SOUTH, "reseller-admin"),
    Caller("Southside auditor", SOUTH, "read-only"),
    Caller("Campus administration", CAMPUS, "reseller-admin"),
)

COMPANIES: Final = (
    Company("oakfield-legal", "Oakfield Legal LLP", NORTH, "alpha", 24, 2019),
    Company("lindner-vogt", "Lindner & Vogt Steuerberatung", NORTH, "alpha", 18, 2018),
    Company("brueckner-maschinen", "Brückner Maschinenbau GmbH", NORTH, "beta", 41, 2017),
    Company("novak-transport", "Novák Transport s.r.o.", NORTH, "beta", 15, 2021),
    Company("aurora-design", "Aurora Design Studio", NORTH, "alpha", 6, 2023),
    Company("tidewater-marine", "Tidewater Marine Surveyors", NORTH, "gamma", 9, 2020),
    Company("meadow-foods", "Meadow Foods", NORTH, "beta", 33, 2019),
    Company("petit-atelier", "Le Petit Atelier SARL", NORTH, "alpha", 4, 2024),
    Company("corner-books", "Corner Books", RETAIL, "alpha", 5, 2022),
    Company("velo-werk", "VeloWerk Fahrräder", RETAIL, "alpha", 8, 2021),
    Company("bluebird-toys", "Bluebird Toys", RETAIL, "beta", 12, 2020),
    Company("casa-verde", "Casa Verde Home & Garden", RETAIL, "beta", 22, 2019),
    Company("north-coffee", "North Coffee Roasters", RETAIL, "alpha", 7, 2023),
    Company("optik-sommer", "Optik Sommer", RETAIL, "gamma", 6, 2018),
    Company("harbour-lane", "Harbour Lane Dental", CARE, "alpha", 11, 2020),
    Company("st-brigid", "St Brigid Nursing Homes", CARE, "beta", 37, 2018),
    Company("physio-am-see", "Physio am See", CARE, "alpha", 5, 2022),
    Company("clearview-eye", "Clearview Eye Clinic", CARE, "gamma", 16, 2019),
    Company("willow-vets", "Willow Tree Vets", CARE, "alpha", 9, 2021),
    Company("redbrick-homes", "Redbrick Homes", SOUTH, "beta", 19, 2019),
    Company("solaris-energie", "Solaris Energietechnik AG", SOUTH, "alpha", 28, 2020),
    Company("kestrel-aviation", "Kestrel Aviation Parts", SOUTH, "gamma", 31, 2017),
    Company("marlow-insurance", "Marlow Insurance Brokers", SOUTH, "alpha", 26, 2018),
    Company("jensen-arkitekter", "Jensen Arkitekter", SOUTH, "beta", 13, 2021),
    Company("copperfield-press", "Copperfield Press", SOUTH, "alpha", 10, 2020),
    Company("gasthof-adler", "Gasthof Adler", SOUTH, "beta", 4, 2024),
    Company("riverside-school", "Riverside Primary School", CAMPUS, "alpha", 34, 2019),
    Company("polytech-east", "East Polytechnic", CAMPUS, "beta", 40, 2016),
    Company("little-acorns", "Little Acorns Kindergarten", CAMPUS, "gamma", 7, 2022),
    Company("music-academy", "City Music Academy", CAMPUS, "alpha", 14, 2021),
)

LARGE: Final = 20
"""With more users it has another plan."""

STOPPED: Final = "gasthof-adler"
"""Somebody has stopped it."""

SUSPENDED: Final = "velo-werk"
"""It does not pay."""

DELETED: Final = "bluebird-toys"
"""It has left; its days of grace run."""

FAILING: Final = frozenset({"novak-transport", "st-brigid", "kestrel-aviation"})
"""Their profile fails every night."""

TROUBLED: Final[dict[str, dict[str, Any]]] = {
    "meadow-foods": {"error": "The file group could not be opened: the disk is full."},
    "polytech-east": {"searchIndexesNeedRebuild": True},
    "tidewater-marine": {"needsUpgrade": True},
}
"""What the oldest store of some has."""

UNOWNED: Final = Company("harlow-estates", "Harlow Estates (moved in)", "", "beta", 12, 2020)
"""It is at its deployment, and nobody owns it."""
