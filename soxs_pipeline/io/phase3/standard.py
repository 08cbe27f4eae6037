"""What ESO's Science Data Products Standard asks of headers, as data.

One table feeds the writer, which puts the cards into this order, and the checker, which asks for
them: a keyword is spelt nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "COLUMNS",
    "FLUX_UNIT_TEXT",
    "IMAGE",
    "IMAGE_ARRAY",
    "LONGEST_NAME",
    "LONGEST_TEXT",
    "SDP_VERSION",
    "SPECTRUM",
    "SPECTRUM_TABLE",
    "TWO_D",
    "Keyword",
    "SpectrumColumn",
]

#: The standard this is written to: ESO-044286, released 2022-03-15.
SDP_VERSION = "SDP version 8"
#: Characters of a file name with its suffix, and of a string value: no CONTINUE is allowed.
LONGEST_NAME = LONGEST_TEXT = 68
#: The standard's own spelling of erg/s/cm2/Angstrom.
FLUX_UNIT_TEXT = "erg.s**(-1).cm**(-2).angstrom**(-1)"

Kind = Literal["text", "real", "integer", "logical"]


@dataclass(frozen=True)
class Keyword:
    """One keyword of the standard.

    Parameters
    ----------
    name
        As in the header.
    kind
        Type of the value.
    comment
        Of the card, with the unit.
    mandatory
        False if it is recommended or optional.
    allowed
        The values allowed; all if empty.
    empty
        True if an empty text is a value.
    """

    name: str
    kind: Kind
    comment: str
    mandatory: bool = True
    allowed: tuple[str, ...] = ()
    empty: bool = False


_FRAMES = ("ICRS", "FK5")
_SPECTRAL_FRAMES = (
    "TOPOCENT", "GEOCENTR", "BARYCENT", "HELIOCEN", "LSRK", "LSRD", "GALACTOC", "LOCALGRP",
    "CMBDIPOL", "SOURCE",
)  # fmt: skip

_OBSERVED = (
    Keyword("PRODCATG", "text", "Data product category"),
    Keyword("ORIGIN", "text", "European Southern Observatory"),
    Keyword("TELESCOP", "text", "ESO telescope"),
    Keyword("INSTRUME", "text", "Instrument used"),
    Keyword("OBJECT", "text", "Target"),
    Keyword("RA", "real", "[deg] Right ascension J2000"),
    Keyword("DEC", "real", "[deg] Declination J2000"),
    Keyword("RADESYS", "text", "Reference frame", allowed=_FRAMES),
    Keyword("EXPTIME", "real", "[s] Exposure time per spectral element or pixel"),
    Keyword("TEXPTIME", "real", "[s] Total exposure time"),
    Keyword("MJD-OBS", "real", "[d] Start of observations"),
    Keyword("MJD-END", "real", "[d] End of observations"),
    Keyword("PROG_ID", "text", "ESO programme"),
    Keyword("OBID1", "integer", "Observation block"),
    Keyword("NCOMBINE", "integer", "Number of raw science exposures"),
    Keyword("OBSTECH", "text", "Technique of observation"),
    Keyword("FLUXCAL", "text", "Quality of the flux scale", allowed=("ABSOLUTE", "UNCALIBRATED")),
    Keyword("PROCSOFT", "text", "Software and version"),
    Keyword("REFERENC", "text", "Publication", empty=True),
    Keyword("DATE", "text", "Date this file was written"),
    Keyword("PRODLVL", "integer", "Level: 1 raw, 2 science grade, 3 advanced", mandatory=False),
    Keyword("M_EPOCH", "logical", "Observed in several epochs", mandatory=False),
    Keyword("SINGLEXP", "logical", "From one exposure", mandatory=False),
    Keyword("RA_ERR", "real", "[deg] Error of the position", mandatory=False),
    Keyword("DEC_ERR", "real", "[deg] Error of the position", mandatory=False),
)

#: Primary header of SCIENCE.SPECTRUM.
SPECTRUM = (
    *_OBSERVED,
    Keyword("SPECSYS", "text", "Frame of the wavelengths", allowed=_SPECTRAL_FRAMES),
    Keyword("EXT_OBJ", "logical", "Extended object"),
    Keyword("CONTNORM", "logical", "Normalised to the continuum"),
    Keyword("TOT_FLUX", "logical", "All flux of the source is in it"),
    Keyword("FLUXERR", "real", "[%] Error of the flux scale, -2 unknown"),
    Keyword("WAVELMIN", "real", "[nm] Shortest wavelength"),
    Keyword("WAVELMAX", "real", "[nm] Longest wavelength"),
    Keyword("SPEC_BIN", "real", "[nm] Mean bin"),
    Keyword("SNR", "real", "Median signal to noise ratio per bin"),
    Keyword("SPEC_RES", "real", "Resolving power at the central wavelength"),
    Keyword("SPEC_ERR", "real", "[nm] Statistical error of wavelengths", mandatory=False),
    Keyword("SPEC_SYE", "real", "[nm] Systematic error of wavelengths", mandatory=False),
    Keyword("LAMRMS", "real", "[nm] Residuals of the dispersion solution", mandatory=False),
    Keyword("LAMNLIN", "integer", "Lines of the dispersion solution", mandatory=False),
    Keyword("DISPELEM", "text", "Dispersive element", mandatory=False),
)

#: Header of the table of SCIENCE.SPECTRUM, apart from what describes its columns.
SPECTRUM_TABLE = (
    Keyword("EXTNAME", "text", "Name of this extension"),
    Keyword("VOCLASS", "text", "Data model", allowed=("SPECTRUM v1.0", "SPECTRUM v2.0")),
    Keyword("VOPUB", "text", "Publisher", allowed=("ESO/SAF",)),
    Keyword("TITLE", "text", "Title of this spectrum"),
    Keyword("OBJECT", "text", "Target"),
    Keyword("RA", "real", "[deg] Right ascension J2000"),
    Keyword("DEC", "real", "[deg] Declination J2000"),
    Keyword("APERTURE", "real", "[deg] Width of the slit"),
    Keyword("TELAPSE", "real", "[s] From first start to last end"),
    Keyword("TMID", "real", "[d] Middle of the observations, MJD"),
    Keyword("SPEC_VAL", "real", "[nm] Central wavelength"),
    Keyword("SPEC_BW", "real", "[nm] Width of the range"),
    Keyword("NELEM", "integer", "Elements of each array"),
    Keyword("TDMIN1", "real", "[nm] First wavelength"),
    Keyword("TDMAX1", "real", "[nm] Last wavelength"),
    Keyword("INHERIT", "logical", "The primary header holds here too", mandatory=False),
)

#: Primary header of ANCILLARY.2DSPECTRUM: all but the category is our own habit.
TWO_D = (
    *_OBSERVED,
    Keyword("NOISEWAV", "real", "Noise of sums along wavelength", mandatory=False),
    Keyword("NOISESLI", "real", "Noise of sums along the slit", mandatory=False),
)

#: Primary header of SCIENCE.IMAGE.
IMAGE = (
    *(one for one in _OBSERVED if one.name not in {"FLUXCAL", "RA_ERR", "DEC_ERR"}),
    Keyword("FLUXCAL", "text", "Quality of the flux scale", allowed=("ABSOLUTE",)),
    Keyword("FILTER", "text", "Name of the filter"),
)

#: What describes the array of SCIENCE.IMAGE.
IMAGE_ARRAY = (
    Keyword("BUNIT", "text", "Unit of the array", allowed=("adu", "adu/s")),
    Keyword("CRVAL1", "real", "[deg] Right ascension at the reference pixel"),
    Keyword("CRVAL2", "real", "[deg] Declination at the reference pixel"),
    Keyword("CRPIX1", "real", "Reference pixel"),
    Keyword("CRPIX2", "real", "Reference pixel"),
    Keyword("CTYPE1", "text", "Projection"),
    Keyword("CTYPE2", "text", "Projection"),
    Keyword("CUNIT1", "text", "Unit", allowed=("deg",)),
    Keyword("CUNIT2", "text", "Unit", allowed=("deg",)),
    Keyword("CD1_1", "real", "[deg] Step"),
    Keyword("CD1_2", "real", "[deg] Step"),
    Keyword("CD2_1", "real", "[deg] Step"),
    Keyword("CD2_2", "real", "[deg] Step"),
    Keyword("CSYER1", "real", "[deg] Systematic error of the catalogue", mandatory=False),
    Keyword("CSYER2", "real", "[deg] Systematic error of the catalogue", mandatory=False),
    Keyword("CRDER1", "real", "[deg] Random error of the registration", mandatory=False),
    Keyword("CRDER2", "real", "[deg] Random error of the registration", mandatory=False),
    Keyword("PHOTZP", "real", "[mag] Zero point, exposure and extinction in it"),
    Keyword("PHOTZPER", "real", "[mag] Error of the zero point", mandatory=False),
    Keyword("PHOTSYS", "text", "Photometric system", allowed=("AB", "VEGA")),
    Keyword("ABMAGLIM", "real", "[mag] 5 sigma limit for point sources, AB"),
    Keyword("ABMAGSAT", "real", "[mag] Magnitude at which a point source saturates, AB"),
    Keyword("PSF_FWHM", "real", "[arcsec] Width of point sources"),
    Keyword("ELLIPTIC", "real", "Ellipticity of point sources", mandatory=False),
)


@dataclass(frozen=True)
class SpectrumColumn:
    """One column of the table of a spectrum.

    Parameters
    ----------
    name, code
        Name, and type of the elements (``D``, ``E``, ``J``).
    utype
        Of the data model, without its prefix; empty if it has none.
    ucd
        Without what depends on the calibration.
    comment
        For TCOMM.
    """

    name: str
    code: str
    utype: str
    ucd: str
    comment: str


_FLUX = "phot.flux.density;em.wl"

#: Columns in the order of the standard; main flux and error stand second and third.
COLUMNS = {
    one.name: one
    for one in (
        SpectrumColumn(
            "WAVE", "D", "Data.SpectralAxis.Value", "em.wl", "Wavelength in vacuum, bin centre"
        ),
        SpectrumColumn("FLUX", "E", "Data.FluxAxis.Value", _FLUX, "Flux without sky"),
        SpectrumColumn(
            "ERR", "E", "Data.FluxAxis.Accuracy.StatError", f"stat.error;{_FLUX}", "One sigma"
        ),
        SpectrumColumn(
            "QUAL", "J", "Data.FluxAxis.Accuracy.QualityStatus", "meta.code.qual", "0 is good"
        ),
        SpectrumColumn("BGFLUX", "E", "", _FLUX, "Sky that was taken off"),
        SpectrumColumn("SNR", "E", "", "stat.snr", "Signal to noise ratio"),
        SpectrumColumn(
            "EXPOSURE", "E", "", "time.duration;obs.exposure", "Exposure time of the element"
        ),
        SpectrumColumn(
            "FLUX_TELLURIC", "E", "Data.FluxAxis.Value", _FLUX,
            "Flux without absorption by the atmosphere",
        ),
        SpectrumColumn(
            "ERR_TELLURIC", "E", "Data.FluxAxis.Accuracy.StatError", f"stat.error;{_FLUX}",
            "One sigma of FLUX_TELLURIC",
        ),
        SpectrumColumn(
            "FLUX_REDUCED", "E", "Data.FluxAxis.Value", f"{_FLUX};stat.uncalib",
            "Before flux calibration; 1 adu = 1 electron/s/nm",
        ),
        SpectrumColumn(
            "ERR_REDUCED", "E", "Data.FluxAxis.Accuracy.StatError",
            f"stat.error;{_FLUX};stat.uncalib", "One sigma of FLUX_REDUCED",
        ),
    )
}  # fmt: skip
