npx --no-install loadwright init sagemaker --yes --format yaml
npx --no-install loadwright run --emulator --duration 10s
npx --no-install loadwright report
