"""Run every benchmark that needs nothing but Python, one after the other: ``make bench``."""

from __future__ import annotations

from benchmarks import (
    alerts,
    archives,
    import_prices,
    notifications,
    personal_data,
    quality,
    record_quotes,
    ticks,
    valuation,
)

if __name__ == "__main__":
    print("The whole answer about synthetic ledgers, milliseconds")
    valuation.main(list(valuation.SIZES))
    print("\nQuality checks, median milliseconds")
    quality.main(list(quality.SIZES))
    print("\nImport of daily prices against copy")
    import_prices.main()
    print("\nExport and erasure of a person")
    personal_data.main()
    print("\nArchives of portfolios")
    archives.main(list(archives.SIZES))
    print("\nBatches of quotes")
    record_quotes.main()
    print("\nTicks: import, bars and pages")
    ticks.main()
    print("\nAlerts against batches of quotes")
    alerts.main()
    print("\nDeliveries drained, and from a batch to the mail server")
    notifications.main()
