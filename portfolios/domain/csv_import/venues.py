"""Venues as tickers name them: ``SAP.DE`` is SAP on Xetra (XETR)."""

from __future__ import annotations

from typing import Final

# Suffixes of Yahoo's tickers, which most programs use, and the MICs of their venues.
SUFFIXES: Final = {
    "DE": "XETR", "F": "XFRA", "L": "XLON", "PA": "XPAR", "AS": "XAMS", "BR": "XBRU", "LS": "XLIS",
    "MI": "XMIL", "MC": "XMAD", "SW": "XSWX", "VI": "XWBO", "ST": "XSTO", "CO": "XCSE", "HE": "XHEL",
    "OL": "XOSL", "WA": "XWAR", "PR": "XPRA", "IR": "XDUB", "AT": "XATH", "TO": "XTSE", "V": "XTSX",
    "AX": "XASX", "NZ": "XNZE", "HK": "XHKG", "T": "XTKS", "SI": "XSES", "SS": "XSHG", "SZ": "XSHE",
    "KS": "XKRX", "TW": "XTAI", "NS": "XNSE", "BO": "XBOM", "JO": "XJSE", "SA": "BVMF", "MX": "XMEX",
    "TA": "XTAE", "IS": "XIST",
}  # fmt: skip
_SUFFIX_OF: Final = {mic: suffix for suffix, mic in SUFFIXES.items()}


def spellings(symbol: str, exchange: str) -> list[str]:
    """List how else a listing may be called: ``SAP@XETR`` for SAP.DE, ``SAP.DE`` for SAP on XETR."""
    bare, mark, suffix = symbol.rpartition(".")
    venue = SUFFIXES.get(suffix.upper()) if mark and bare else None
    if venue:
        return [f"{bare}@{venue}"]
    return [f"{symbol}.{_SUFFIX_OF[exchange]}"] if exchange in _SUFFIX_OF else []
