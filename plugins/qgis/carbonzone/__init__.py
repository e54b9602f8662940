"""carbonzone: a city's carbon inventory on parcels, grid and townships, zoned by carbon balance."""


def classFactory(iface):
    """Entry point of QGIS."""
    from .plugin import CarbonzonePlugin

    return CarbonzonePlugin(iface)
